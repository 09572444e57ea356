"""From template to proof, without a socket or a clock: template, coinbase, job, share, judge."""
