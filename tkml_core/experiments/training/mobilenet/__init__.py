"""MobileNetV2, the second opinion: one network with 80 outputs learns from VOC and COCO photos together."""
