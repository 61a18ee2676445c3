"""The tab "Learn": six steps from a top-k annotation to Eq. 12, each with a picture that the reader moves."""
