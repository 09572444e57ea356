"""What Prometheus is told, and whether a part is alive and ready.

families    every metric there is: its name, kind, labels and meaning (pure)
exposition  samples as the text that Prometheus reads
ready       what keeps a pool or a farm from being ready (pure)
lag         how late the event loop is
web         /metrics, /health/live and /health/ready
"""
