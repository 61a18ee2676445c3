"""The page and the endpoints; everything here may use `tkml_core`, never the other way round."""
