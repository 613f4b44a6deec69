"""What the connected server would refuse, said before anything is written: each rule names what to do instead."""
