"""Masked reconstruction: the loss of hidden patches by hand, and how many are hidden."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from infonb.training import MaskedReconstruction
from infonb.training.objectives.masked import draw_masked


class Known(nn.Module):
    """Tells every value too low by 1 where it is hidden, and by 5 where it is not."""

    def patches(self, images):
        return images.reshape(len(images), 4, 2)

    def reconstruct(self, images, masked):
        self.masked = masked
        return self.patches(images) - torch.where(masked, 1.0, 5.0)[..., None]


@pytest.mark.parametrize(("ratio", "hidden"), [(0.75, 3), (0.5, 2), (0.0, 1), (1.0, 3)])
def test_only_hidden_patches_count_and_as_many_of_each_image(ratio, hidden):
    model = Known()
    assert float(MaskedReconstruction(ratio)(model, torch.randn(50, 8))) == pytest.approx(1.0)
    assert (model.masked.sum(dim=1) == hidden).all()


def test_which_patches_are_hidden_is_drawn_for_each_image_and_alike_for_all():
    torch.manual_seed(1)
    masked = draw_masked(4000, 8, 0.25, torch.device("cpu"))
    torch.manual_seed(1)
    assert torch.equal(masked, draw_masked(4000, 8, 0.25, torch.device("cpu")))
    # each patch is hidden with probability 1/4, of whose mean over 4,000 images 4 SE are 0.027
    assert (masked.double().mean(dim=0) - 0.25).abs().max() < 0.028


def test_errors():
    with pytest.raises(ValueError, match="the model has no patches"):
        MaskedReconstruction()(nn.Identity(), torch.zeros(2, 8))
    with pytest.raises(ValueError, match="ratio must be between 0"):
        MaskedReconstruction(1.5)
    with pytest.raises(ValueError, match="1 patch has nothing to be told from"):
        draw_masked(3, 1, 0.5, torch.device("cpu"))

    class Wrong(Known):
        def reconstruct(self, images, masked):
            return images

    with pytest.raises(ValueError, match=r"gives \(3, 8\), but the patches are \(3, 4, 2\)"):
        MaskedReconstruction()(Wrong(), torch.zeros(3, 8))
