"""What a CapTAIN network looks like: :class:`NetworkConfig`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from schedcore.errors import InputError, did_you_mean, unknown_name

ENCODERS = ("capsule", "gcn", "mlp")
SERIES = ("transformer", "none")


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Sizes of the network.  Nothing depends on the numbers of vertiports and aircraft unless ``encoder`` is ``mlp``.

    Parameters
    ----------
    encoder
        ``capsule``: graph capsule convolutions on both graphs (CapTAIN); ``gcn``: graph convolutions; ``mlp``: all
        that is observed, flattened into one hidden layer (needs ``vertiports`` and ``aircraft``).
    series
        ``transformer`` over the hours of expected demand and fares, or ``none``.
    width, aircraft_width
        Width of the vertiports' embeddings and of everything behind, and of the aircraft's embeddings.
    moments, order, layers
        Powers of the embedding (P), powers of the Laplacian (K), and layers of the capsule convolutions.
    heads, series_heads, series_width, series_layers
        Attention heads of the decoder; heads, width and layers of the transformer.
    vertiports, aircraft
        The only sizes that an ``mlp`` takes.
    """

    encoder: str = "capsule"
    series: str = "transformer"
    width: int = 64
    aircraft_width: int = 16
    moments: int = 3
    order: int = 2
    layers: int = 1
    heads: int = 4
    series_heads: int = 4
    series_width: int = 32
    series_layers: int = 1
    vertiports: int = 0
    aircraft: int = 0

    def __post_init__(self) -> None:
        where = "network"
        if self.encoder not in ENCODERS:
            raise unknown_name("encoder", self.encoder, ENCODERS, where=where)
        if self.series not in SERIES:
            raise unknown_name("series", self.series, SERIES, where=where)
        for name in ("width", "aircraft_width", "moments", "layers", "heads", "series_heads", "series_width"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}", where=where, remedy="give at least 1")
        for name in ("order", "series_layers"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} is {getattr(self, name)}", where=where, remedy="give at least 0")
        for width, heads in (("width", "heads"), ("series_width", "series_heads")):
            if getattr(self, width) % getattr(self, heads):
                raise InputError(
                    f"{heads} = {getattr(self, heads)} does not divide {width} = {getattr(self, width)}",
                    where=where,
                    remedy="choose a divisor",
                )
        if self.encoder == "mlp" and (self.vertiports < 1 or self.aircraft < 1):
            raise InputError(
                "an mlp is made for one size", where=where, remedy="give the numbers of vertiports and aircraft"
            )

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def of(cls, values: Mapping[str, Any], *, where: str = "network") -> NetworkConfig:
        """From JSON; raises :class:`InputError` for what it does not know."""
        known = {field.name for field in fields(cls)}
        for name in values:
            if name not in known:
                raise InputError(f"unknown setting {name!r}", where=where, remedy=did_you_mean(name, known))
        return cls(**values)


VARIANTS: dict[str, NetworkConfig] = {
    "captain": NetworkConfig(),
    "captain-large": NetworkConfig(width=128, aircraft_width=128, heads=8, series_width=128, series_heads=8,
                                   series_layers=2),
    "captain-gcn": NetworkConfig(encoder="gcn"),
    "captain-notransformer": NetworkConfig(series="none"),
    "captain-mlp": NetworkConfig(encoder="mlp", series="none", width=128, vertiports=8, aircraft=40),
}  # fmt: skip
"""Networks by name.  ``captain-large`` has the size of the papers' group and is meant for a GPU."""
