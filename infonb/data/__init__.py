"""Data sets, one module each: inputs, labels and what is known about every example.

Every data set is an `xarray.Dataset` with ``input`` (sample, ...), ``label`` (sample), further
knowledge about the examples as coordinates on ``sample``, and the parameters that made it as
attributes.
"""

from __future__ import annotations

from infonb.data.augmentation import DigitViews, ImageViews
from infonb.data.cifar10 import load_cifar10
from infonb.data.circles import add_artifact, align, concentric_circles
from infonb.data.coloring import colored, recolored
from infonb.data.contexts import context_scenes
from infonb.data.digits import load_digits
from infonb.data.image_composites import image_composites
from infonb.data.image_files import load_images
from infonb.data.images import colored_images, shuffled_images
from infonb.data.inputs import load_inputs
from infonb.data.label_noise import inject_label_noise
from infonb.data.labels import flip_labels, shuffle_labels, shuffled
from infonb.data.language import (
    adjective_parts,
    adjective_signs,
    balanced,
    generated_biographies,
    generated_reviews,
    load_bias_in_bios,
    load_bug,
    load_imdb,
    load_texts,
    scrub,
    scrubbed,
    shuffled_texts,
    tokenize,
    training_set,
    with_heuristic_labels,
    word_tokenizer,
)
from infonb.data.mnist import load_mnist, subsample
from infonb.data.nico import nico_images
from infonb.data.planted import planted_sequences
from infonb.data.planted_images import planted_images
from infonb.data.scenes_and_captions import scenes_and_captions
from infonb.data.separated import ball_shell, digit_pair, parity_cube
from infonb.data.splits import split
from infonb.data.waterbirds import waterbird_images

__all__ = [
    "DigitViews",
    "ImageViews",
    "add_artifact",
    "adjective_parts",
    "adjective_signs",
    "align",
    "balanced",
    "ball_shell",
    "colored",
    "colored_images",
    "concentric_circles",
    "context_scenes",
    "digit_pair",
    "flip_labels",
    "generated_biographies",
    "generated_reviews",
    "image_composites",
    "inject_label_noise",
    "load_bias_in_bios",
    "load_bug",
    "load_cifar10",
    "load_digits",
    "load_images",
    "load_imdb",
    "load_inputs",
    "load_mnist",
    "load_texts",
    "nico_images",
    "parity_cube",
    "planted_images",
    "planted_sequences",
    "recolored",
    "scenes_and_captions",
    "scrub",
    "scrubbed",
    "shuffle_labels",
    "shuffled",
    "shuffled_images",
    "shuffled_texts",
    "split",
    "subsample",
    "tokenize",
    "training_set",
    "waterbird_images",
    "with_heuristic_labels",
    "word_tokenizer",
]
