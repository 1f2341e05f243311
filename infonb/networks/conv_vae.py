"""A small convolutional variational autoencoder, for images of a few pixels."""

from __future__ import annotations

import torch
from torch import nn

from infonb.networks.image_inputs import check_images
from infonb.networks.layers import generator_of, linear
from infonb.networks.state import device_and_dtype
from infonb.networks.vae import VAE
from infonb.validate import check_integer

__all__ = ["ConvVAE"]


class ConvVAE(VAE):
    """
    Convolutional variational autoencoder: each stage halves rows and columns and doubles channels.

    Dims in: (sample, channel, row, column); dims out: the same, means of pixels.

    Parameters
    ----------
    in_channels
        Channels of the images.
    size
        Rows and columns of the images, as many of both; 2 to the power of `stages` divides it.
    channels
        Feature maps of the first convolution.
    stages
        Convolutions of the encoder, and of the decoder.
    n_latent
        Latent variables.
    likelihood
        ``"bernoulli"`` or ``"gaussian"``, as of `infonb.networks.MLPVAE`.
    seed
        Of the initial weights; the global random state is not touched.

    Raises
    ------
    ValueError
        If `size` cannot be halved so often.

    Notes
    -----
    The stages are ``encoder.conv1``, ``encoder.relu1``, ... (4 x 4, stride 2); ``mean`` and
    ``log_variance`` are linear. The decoder begins with ``decoder_in`` and its ReLU, then
    ``decoder.conv1``, ... (transposed) and, last, ``decoder.out``. All else is as in
    `infonb.networks.MLPVAE`.

    References
    ----------
    Kingma and Welling, *Auto-Encoding Variational Bayes*, ICLR 2014. In the place of the
    convolutional networks of van den Burg and Williams (2021), section 4, and smaller.

    Examples
    --------
    >>> model = ConvVAE(in_channels=1, size=8, channels=8, n_latent=4)
    >>> images = torch.zeros(5, 1, 8, 8)
    >>> model(images).shape, model.encode(images)[0].shape
    (torch.Size([5, 1, 8, 8]), torch.Size([5, 4]))
    >>> [name for name, _ in model.encoder.named_children()]
    ['conv1', 'relu1', 'conv2', 'relu2']
    """

    def __init__(
        self, in_channels: int = 1, size: int = 32, channels: int = 16, stages: int = 2,
        n_latent: int = 16, likelihood: str = "bernoulli", seed: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(likelihood)
        self.in_channels = check_integer("in_channels", in_channels, 1)
        check_integer("channels", channels, 1)
        stages, size = check_integer("stages", stages, 1), check_integer("size", size, 1)
        if size % 2**stages:
            raise ValueError(
                f"size must be a multiple of {2**stages}, to be halved {stages} times (stages); "
                f"not {size}."
            )
        self.n_latent = check_integer("n_latent", n_latent, 1)
        self.shape = (in_channels, size, size)
        widths = [in_channels, *(channels * 2**stage for stage in range(stages))]
        self._last = (widths[-1], size // 2**stages, size // 2**stages)
        n_features = widths[-1] * (size // 2**stages) ** 2
        generator = generator_of(seed, 0)
        self.encoder = nn.Sequential()
        for i in range(1, stages + 1):
            made = nn.utils.skip_init(nn.Conv2d, widths[i - 1], widths[i], 4, stride=2, padding=1)
            self.encoder.add_module(f"conv{i}", _initialized(made, generator))
            self.encoder.add_module(f"relu{i}", nn.ReLU())
        self.mean = linear(n_features, n_latent, generator)
        self.log_variance = linear(n_features, n_latent, generator)
        generator = generator_of(seed, 1)
        self.decoder_in = linear(n_latent, n_features, generator)
        self.decoder_relu = nn.ReLU()
        self.decoder = nn.Sequential()
        for i in range(stages, 0, -1):
            made = nn.utils.skip_init(
                nn.ConvTranspose2d, widths[i], widths[i - 1], 4, stride=2, padding=1
            )
            name = "out" if i == 1 else f"conv{stages - i + 1}"
            self.decoder.add_module(name, _initialized(made, generator))
            if i > 1:
                self.decoder.add_module(f"relu{stages - i + 1}", nn.ReLU())

    def features(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the last stage of the encoder, flattened: (sample, feature)."""
        check_images(inputs, self.in_channels)
        if inputs.shape[1:] != self.shape:
            raise ValueError(
                f"images have {inputs.shape[2]} x {inputs.shape[3]} pixels; this network takes "
                f"{self.shape[1]} x {self.shape[2]} (size)."
            )
        values: torch.Tensor = self.encoder(inputs.to(device_and_dtype(self)[1]))
        return values.flatten(1)

    def out(self, latent: torch.Tensor) -> torch.Tensor:
        """Return the last layer of the decoder, before the likelihood: as an image."""
        values = self.decoder_relu(self.decoder_in(latent)).reshape(-1, *self._last)
        out: torch.Tensor = self.decoder(values)
        return out


def _initialized(
    made: nn.Conv2d | nn.ConvTranspose2d, generator: torch.Generator
) -> nn.Conv2d | nn.ConvTranspose2d:
    """Draw weights and biases uniform on ±1/√(values that a number is made of)."""
    n_in = made.weight[0].numel() if isinstance(made, nn.Conv2d) else made.in_channels * 4
    assert made.bias is not None
    for values in (made.weight, made.bias):  # with stride 2 a transposed one sees 2 x 2 places
        nn.init.uniform_(values, -(n_in**-0.5), n_in**-0.5, generator=generator)
    return made
