"""How the bundled annotators were trained: photos packed into one file, batches made on the device, the loop, calibration."""
