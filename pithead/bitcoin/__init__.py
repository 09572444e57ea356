"""What Bitcoin says, pure: from hashing and encoding up to targets, blocks and networks."""
