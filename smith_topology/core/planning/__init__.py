"""Changes → Plan: the stages of each change, their order, what they cost, what the server would refuse, and the requests."""
