"""Many machines at once: found, watched and steered through their own REST APIs."""
