"""The Braiins OS contract: messages and operations, one file per service."""
