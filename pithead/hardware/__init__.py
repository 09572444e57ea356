"""Mining machines: the device port, models as data, the physics of simulated ones."""
