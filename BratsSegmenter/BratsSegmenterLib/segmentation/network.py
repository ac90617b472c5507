"""The residual U-Net of the shipped weights: small enough for a whole brain at once on two CPU cores."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_NEGATIVE_SLOPE = 0.01


class ConvNormAct(nn.Sequential):
    """3x3x3 convolution, instance normalisation, leaky ReLU."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.Conv3d(in_channels, out_channels, 3, padding=1, bias=False),
            nn.InstanceNorm3d(out_channels, affine=True),
            nn.LeakyReLU(_NEGATIVE_SLOPE, inplace=True),
        )


class ResidualBlock(nn.Module):
    """Two 3x3x3 convolutions with instance normalisation and a shortcut (He et al. 2016, arXiv:1512.03385).

    Parameters
    ----------
    in_channels, out_channels : int
    stride : int
        Of the first convolution and of the shortcut; 2 halves the resolution.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.norm1 = nn.InstanceNorm3d(out_channels, affine=True)
        self.conv2 = nn.Conv3d(out_channels, out_channels, 3, padding=1, bias=False)
        self.norm2 = nn.InstanceNorm3d(out_channels, affine=True)
        same_shape = in_channels == out_channels and stride == 1
        self.shortcut = nn.Identity() if same_shape else nn.Conv3d(in_channels, out_channels, 1, stride, bias=False)
        self.activation = nn.LeakyReLU(_NEGATIVE_SLOPE, inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.activation(self.norm1(self.conv1(x)))
        return self.activation(self.norm2(self.conv2(y)) + self.shortcut(x))


class ResidualUNet(nn.Module):
    """U-Net (Ronneberger et al. 2015, arXiv:1505.04597) with residual blocks and a light finest level.

    Most of a U-Net's time goes into its finest level, so that level has one convolution on either side instead of
    a residual block. Input sides must be multiples of ``2 ** (len(channels) - 1)``.

    Parameters
    ----------
    in_channels : int
        MR sequences.
    out_channels : int
        Regions; the network returns logits.
    channels : sequence of int
        Features of each level, finest first.
    supervised_levels : int
        Levels, finest first, that have an output of their own while training (deep supervision).
    """

    def __init__(
        self,
        in_channels: int = 4,
        out_channels: int = 3,
        channels: Sequence[int] = (16, 32, 64, 128, 160),
        supervised_levels: int = 3,
    ) -> None:
        super().__init__()
        finer, coarser = channels[:-1], channels[1:]
        steps = tuple(zip(finer, coarser, strict=True))
        self.stem = ConvNormAct(in_channels, channels[0])
        self.encoder = nn.ModuleList(ResidualBlock(fine, coarse, stride=2) for fine, coarse in steps)
        self.upsampling = nn.ModuleList(nn.ConvTranspose3d(coarse, fine, 2, stride=2) for fine, coarse in steps)
        self.decoder = nn.ModuleList(
            ResidualBlock(2 * fine, fine) if level else ConvNormAct(2 * fine, fine) for level, fine in enumerate(finer)
        )
        self.heads = nn.ModuleList(nn.Conv3d(fine, out_channels, 1) for fine in finer[:supervised_levels])

    def forward(self, x: Tensor) -> Tensor | list[Tensor]:
        """Logits of `x`, shape (batch, out_channels, ...).

        Returns
        -------
        Tensor or list of Tensor
            In evaluation the finest logits; while training with several supervised levels those of every such
            level, finest first, each half the size of the one before.
        """
        features = [self.stem(x)]
        for block in self.encoder:
            features.append(block(features[-1]))
        y = features.pop()
        logits = []
        for level in reversed(range(len(self.decoder))):
            y = self.decoder[level](torch.cat([self.upsampling[level](y), features.pop()], dim=1))
            if level == 0 or (self.training and level < len(self.heads)):
                logits.append(self.heads[level](y))
        return logits[::-1] if len(logits) > 1 else logits[0]
