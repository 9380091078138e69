"""From labelled frames to a network with its card: what is asked, the split of the frames, the whole of a training."""
