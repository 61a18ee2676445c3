"""What is measured of a run, each in half a sentence."""

PER_PIXEL = "size divided by the number of pixels"
MOST = "the largest change of one value; values go from 0 to 255"
FAINTNESS = "how strong the photo is beside the change; above 40 dB is hard to see"  # PSNR
LIKENESS = "how alike the two pictures look; 1 means the same"  # SSIM
PASSES = (
    "how often a picture went through the network: forward, for its scores + backward, for which way helps (gradients)"
)
RANKING = (
    "how three measures of a list moved: the share of it that is true (precision P@k), that share averaged over shorter lists "
    "(AP@k), and how high true labels stand (NDCG@k)"
)

# What the columns of the tables on "Compare" say
COLUMNS = {
    "Size (‖z‖₂)": "how large the change is as a whole: all that it adds, squared, summed, and the root taken",
    "Agrees with the truth": "whether all true labels are listed, or all listed ones are true",
    "Size per pixel (Pert)": PER_PIXEL,
    "Most at one pixel (‖z‖∞)": MOST,
    "Faintness (PSNR)": FAINTNESS,
    "Likeness (SSIM)": LIKENESS,
    "Steps": "how often the method moved the picture; of BlackBox, how often it asked for scores",
    "Passes": PASSES,
    "Gradients": "how often the method found out which way helps: the backward passes",
    "[95%]": "the range that chance leaves: with more photos the share would hardly be outside it",
}
