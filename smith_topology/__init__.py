"""Plan and apply NATS JetStream topologies, and publish and consume by the same file."""

__all__ = ["__version__"]

__version__ = "0.1.0"
