"""What the paper prints in its Tables 2 to 5. Other networks; a norm of pixels from −1 to 1, times 255: twice Eq. 15's."""

UNIT = 2  # what a printed Pert is divided by, to be of pixels from 0 to 255

# Tables 2 and 5, by data set, case and attack: ASR in % and Pert ×10⁻², for k = 3, 5, 10.
INSTANCE = {
    ("voc", "untargeted", "TkML-AP-U"): ((99.6, 99.3, 98.3), (0.51, 0.56, 0.63)),
    ("voc", "untargeted", "kFool"): ((93.7, 93.5, 88.7), (1.64, 2.39, 4.88)),
    ("voc", "best", "TkML-AP-T"): ((96.6, 92.8, 86.4), (0.44, 0.50, 0.56)),
    ("voc", "best", "ML-AP"): ((96.2, 92, 84.2), (0.44, 0.50, 0.55)),
    ("voc", "random", "TkML-AP-T"): ((89.8, 83.7, 76.4), (0.59, 0.63, 0.64)),
    ("voc", "random", "ML-AP"): ((86, 77.9, 67.7), (0.59, 0.62, 0.63)),
    ("voc", "worst", "TkML-AP-T"): ((75.8, 66.6, 57.0), (0.66, 0.69, 0.69)),
    ("voc", "worst", "ML-AP"): ((68, 53.3, 39.1), (0.66, 0.67, 0.67)),
    ("coco", "untargeted", "TkML-AP-U"): ((100, 100, 100), (0.49, 0.53, 0.59)),
    ("coco", "untargeted", "kFool"): ((61.4, 65.2, 68.1), (5.49, 9.91, 16.44)),
    ("coco", "best", "TkML-AP-T"): ((100, 99.9, 99.8), (0.57, 0.69, 0.85)),
    ("coco", "best", "ML-AP"): ((100, 99.9, 99.8), (0.55, 0.66, 0.81)),
    ("coco", "random", "TkML-AP-T"): ((99.9, 97.8, 94.5), (0.99, 1.18, 1.28)),
    ("coco", "random", "ML-AP"): ((99.8, 96.5, 84.2), (0.95, 1.11, 1.22)),
    ("coco", "worst", "TkML-AP-T"): ((91.4, 87.2, 73.1), (1.14, 1.25, 1.30)),
    ("coco", "worst", "ML-AP"): ((90, 81.8, 59), (1.08, 1.18, 1.25)),
}
# Table 3: ASR in % of TkML-AP-U made for k = 3 where k' labels are shown, and Pert ×10⁻².
LARGER = {
    ("voc", 3): (99.6, 0.51), ("voc", 5): (3.6, 0.24), ("voc", 10): (0.3, 0.18),
    ("coco", 3): (100, 0.49), ("coco", 5): (26.5, 0.43), ("coco", 10): (3.9, 0.35),
}  # fmt: skip
# Table 4, for MS COCO 2014: ASR in % and Pert, not ×10⁻² there, at k = 1, 2, 3.
UNIVERSAL = {
    "TkML-AP-Uv": {1: (86.5, 0.13), 2: (82.0, 0.15), 3: (80.5, 0.16)},
    "kUAPs": {1: (63.9, 0.51), 2: (74.6, 0.51), 3: (73.2, 0.51)},
}
