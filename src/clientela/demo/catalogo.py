"""Reads the departments' tables into products."""

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from clientela.catalogo.model import NuevoProducto
from clientela.demo import dibujos
from clientela.demo.productos import alimentos, bebidas, ferreteria, limpieza, refrigeracion

DEPARTMENTS: Final = (
    ("ABA", "Abarrotes", alimentos.ABARROTES),
    ("LAC", "Lácteos y embutidos", alimentos.LACTEOS),
    ("GAL", "Galletas y golosinas", alimentos.GOLOSINAS),
    ("BEB", "Bebidas", bebidas.BEBIDAS),
    ("DES", "Descartables y envases", bebidas.DESECHABLES),
    ("LIM", "Limpieza", limpieza.LIMPIEZA),
    ("HIG", "Higiene y cuidado personal", limpieza.HIGIENE),
    ("FER", "Ferretería", ferreteria.FERRETERIA),
    ("ELE", "Material eléctrico", ferreteria.ELECTRICO),
    ("REF", "Repuestos de refrigeración", refrigeracion.REFRIGERACION),
)


class Articulo(msgspec.Struct, frozen=True):
    """A product of the demo company, with a picture (PNG); `retirado`: it is sold no more."""

    producto: NuevoProducto
    retirado: bool
    dibujo: bytes


def articles(rng: random.Random) -> list[Articulo]:
    """Return all 400 products, each with a code of its department and a plausible stock."""
    return [
        article
        for prefix, category, table in DEPARTMENTS
        for article in _department(rng, prefix, category, table)
    ]


def _department(rng: random.Random, prefix: str, category: str, table: str) -> Iterator[Articulo]:
    number = 0
    for line in table.strip().splitlines():
        name, description, presentations = (part.strip() for part in line.split(" | "))
        for presentation in presentations.split(";"):
            number += 1
            yield _article(rng, f"{prefix}-{number:04}", category, (name, description, presentation))


def _article(rng: random.Random, code: str, category: str, entry: tuple[str, str, str]) -> Articulo:
    name, description, presentation = entry
    label, _, figures = presentation.strip().partition(": ")
    price, weight, *marks = (figure.strip() for figure in figures.split(","))
    divisible = "g" in marks
    product = NuevoProducto(
        codigo=code,
        nombre=_name(name, label),
        descripcion=description,
        precio=Decimal(price),
        categoria=category,
        unidad=label.split()[0],
        fraccionable=divisible,
        peso_kg=Decimal(weight),
        existencias=None if "s" in marks else _stock(rng, Decimal(price), divisible=divisible),
    )
    return Articulo(product, "r" in marks, dibujos.of_product(product.unidad))


def _name(name: str, label: str) -> str:
    return name if label == "unidad" else f"{name}, {label}"


def _stock(rng: random.Random, price: Decimal, *, divisible: bool) -> Decimal:
    # Dear things are few on the shelf; now and then something is sold out.
    if rng.random() < 0.04:
        return Decimal(0)
    most = 900 if price < 30 else 240 if price < 150 else 40
    whole = Decimal(rng.randint(most // 12, most))
    return whole + Decimal(rng.randint(0, 7)) / 8 if divisible else whole
