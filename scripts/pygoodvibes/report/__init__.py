"""What people read: tables, the page for everyone, its PDF.

Comes in: metrics, scores, intervals. Goes out: Markdown, HTML, PDF. No metric is computed here.
"""
