"""The words of the field that the page uses, each in a sentence or two of HTML."""

TERMS = {
    "annotator": "A network that gives every label it knows a score for a photo.",
    "logit": "The network's raw score. A sigmoid turns it into a probability and leaves the ranking as it is. The paper's "
    "formulas speak of probabilities; the attacks here work on logits.",
    "f<sub>j</sub>, f<sub>[k]</sub>": "The score of label number j; with brackets, the score at place k of the order, the best "
    "one first. The paper's F is all of them.",
    "probability": "How sure the network is of a label, from 0 to 100%. Each label has a probability of its own, so those of "
    "all labels need not add up to 100%.",
    "true label": "A label that the photo really shows. Y is the set of them.",
    "∈": "“y ∈ Y” is read “y is one of Y”.",
    "top-k": "The k best-scored labels, Ŷ<sub>k</sub>: what the annotator lists.",
    "consistency, E": "1 where Y and the top-k agree, because one contains the other; else 0.",
    "⊆": "“A ⊆ B” is read “all of A is in B”.",
    "margin": "How far ahead a goal is, in raw scores. The code has the other sign: below 0 the goal is reached.",
    "change, z": "What is added to the photo x; the paper calls it a perturbation. The attacked photo is x + z.",
    "size (norm)": "How large z is. ‖z‖₂ squares all changes, adds them and takes the root; ‖z‖<sub>∞</sub> is the largest one.",
    "gradient": "For every pixel, how fast a number rises as the pixel gets brighter. "
    "At a bend, where there are two slopes, one of them is taken (a subgradient).",
    "loss": "The one number that the optimizer lowers. It is small where the goal is reached.",
    "convex": "Bent one way only, like a bowl: whoever goes downhill ends at the bottom.",
    "hinge, [a]<sub>+</sub>": "a where a is positive, else 0. It counts what is wrong and ignores what is right.",
    "relaxation": "A friendlier problem in place of the one that is meant, so that following slopes works.",
    "untargeted": "An attack that pushes true labels out of the top-k, whatever takes their place.",
    "targeted": "An attack that makes the top-k exactly the k labels you name.",
    "universal": "One change for every photo, made beforehand from many.",
    "epoch": "One pass over all photos of a set.",
    "seed": "The number that chance starts from. The same seed and settings give the same result again, unless the clock "
    "ended the run: how far it comes in its seconds depends on how busy the machine is.",
    "transfer": "Whether a change made for one annotator fools another one. Often it does not.",
    "white box, black box": "A white-box attack uses the network's gradients. A black-box attack only asks for scores.",
    "ASR": "Attack success rate. By the paper's Eq. 14 the share of photos whose top-k contradicts the truth after the attack "
    "(E = 0). What its tables print as ASR is the share that met the goal, as the authors' program counts: “goal” on this page.",
    "Pert": "Eq. 15: ‖z‖₂ divided by the number of pixels, averaged over the successes.",
    "PSNR": "How strong the photo is beside the change, in decibels. 6 dB more is half the change; above 40 dB is hard to see.",
    "SSIM": "How alike two photos look, by their local brightness, contrast and structure. 1 means the same.",
}
