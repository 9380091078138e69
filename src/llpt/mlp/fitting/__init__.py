"""The fit of a network's weights to prepared frames: residuals, Levenberg–Marquardt steps, checkpoints."""
