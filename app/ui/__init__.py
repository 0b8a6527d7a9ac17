"""The app's pages and what they share."""
