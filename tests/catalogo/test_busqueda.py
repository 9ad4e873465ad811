"""Searching products: words by stem and by beginning, accents or not, codes, categories, pages (CONTRACT §5)."""

import uuid
from urllib.parse import quote

import pytest

RUTA = "/api/v1/productos"
NAMES = {
    "C-1": "Cámara de seguridad exterior",
    "C-2": "Cámaras infrarrojas, juego de cuatro",
    "L-1": "Luz de emergencia",
    "L-2": "Luces navideñas multicolor",
    "P-1": "Paño de piso",
    "P-2": "Pantalón de trabajo",
    "D-1": "Dulce de leche",
    "D-2": "Jabón de tocador dulces sueños",
    "J-1": "Jabones surtidos 3/4 kg",
    "R-1": 'Refrigeración: válvula de 1/2"',
    "M-1": "MANÍ Japonés",
    "T-1": "Tubería galvanizada de ½ pulgada",
}


@pytest.fixture(scope="module")
def shelf(cast):
    """A category of its own with a dozen products; the code's prefix is its name."""
    category = f"Estante zq{uuid.uuid4().hex[:8]}"
    for code, name in NAMES.items():
        body = {
            "codigo": f"{category[-10:]}-{code}",
            "nombre": name,
            "precio": len(name),
            "categoria": category,
            "descripcion": "Ideal para la cocina mediterránea" if code == "D-1" else "",
        }
        assert cast.admin.post(RUTA, json=body).status_code == 201
    return category


def codes(cast, shelf, **query):
    answer = cast.cliente.get(RUTA, params={"categoria": shelf, "per_page": 100} | query)
    assert answer.status_code == 200, answer.text
    return [item["codigo"].split("-", 1)[1] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("camara", {"C-1", "C-2"}), ("cámara", {"C-1", "C-2"}), ("CÁMARAS", {"C-1", "C-2"}),
        ("camaras de seguridad", {"C-1"}), ("seguridad camara", {"C-1"}), ("cam seg", {"C-1"}),
        ("luz", {"L-1", "L-2"}), ("luces", {"L-1", "L-2"}), ("luces de emergencia", {"L-1"}),
        ("navidena", {"L-2"}), ("navideñas", {"L-2"}), ("pan", {"P-1", "P-2"}), ("paño", {"P-1"}),
        ("pano", {"P-1"}), ("panos", {"P-1"}), ("dulce", {"D-1", "D-2"}), ("dulces", {"D-1", "D-2"}),
        ("jabon", {"D-2", "J-1"}), ("jabones", {"D-2", "J-1"}), ("jab", {"D-2", "J-1"}),
        ("mani", {"M-1"}), ("maní japones", {"M-1"}), ("3/4", {"J-1"}), ("1/2", {"R-1", "T-1"}),
        ("refrigeracion", {"R-1"}), ("refrige", {"R-1"}), ("válvulas", {"R-1"}), ("cocina", {"D-1"}),
        ("dulce con cocina", {"D-1"}), ("leche xyz", set()),
        ("de", set(NAMES) - {"J-1", "L-2", "M-1"}),
        ("emergencia de", {"L-1"}), ("inexistente", set()), ("---", set()), ("%", set()), ("_", set()),
        ("c%", {"C-1", "C-2", "D-1"}), ("' OR 1=1 --", set()), (":*", set()), ("!camara", {"C-1", "C-2"}),
        ("camara & | <-> (", {"C-1", "C-2"}), ("\\", set()), ("🧀", set()),
    ],
)  # fmt: skip
def test_words_are_found(cast, shelf, q, found):
    assert set(codes(cast, shelf, q=q)) == found


def test_a_code_is_found_by_its_beginning_with_or_without_punctuation(cast, shelf):
    prefix = shelf[-10:]
    assert set(codes(cast, shelf, q=prefix)) == set(NAMES)
    for q in (f"{prefix}-C-1", f"{prefix}C1".upper(), f"{prefix} c 1", f"{prefix}-c1"):
        assert codes(cast, shelf, q=q) == ["C-1"]


def test_the_very_code_and_the_name_s_beginning_come_first(cast, shelf):
    assert codes(cast, shelf, q="dulce")[0] == "D-1"
    assert codes(cast, shelf, q="jabones")[0] == "J-1"


def test_a_blank_search_is_no_search(cast, shelf):
    assert len(codes(cast, shelf, q="  ")) == len(NAMES)
    assert len(codes(cast, shelf)) == len(NAMES)


def test_names_sort_without_regard_to_accents_and_case(cast, shelf):
    names = [NAMES[code] for code in codes(cast, shelf)]
    assert names == [
        "Cámara de seguridad exterior", "Cámaras infrarrojas, juego de cuatro", "Dulce de leche",
        "Jabón de tocador dulces sueños", "Jabones surtidos 3/4 kg", "Luces navideñas multicolor",
        "Luz de emergencia", "MANÍ Japonés", "Paño de piso", "Pantalón de trabajo",
        'Refrigeración: válvula de 1/2"', "Tubería galvanizada de ½ pulgada",
    ]  # fmt: skip


def test_lists_have_other_orders(cast, shelf):
    assert codes(cast, shelf, order_by="codigo") == sorted(NAMES)
    by_price = codes(cast, shelf, order_by="precio")
    assert [len(NAMES[code]) for code in by_price] == sorted(len(name) for name in NAMES.values())
    assert set(codes(cast, shelf, q="camara", order_by="precio")) == {"C-1", "C-2"}
    assert codes(cast, shelf, order_by="relevancia") == codes(cast, shelf)


def test_a_category_is_found_in_any_spelling(cast, shelf):
    assert codes(cast, shelf.upper()) == codes(cast, shelf)
    assert codes(cast, f"  {shelf.replace('a', 'á')} ") == codes(cast, shelf)
    assert codes(cast, "ninguna de estas") == []


def test_pages_add_up(cast, shelf):
    seen = []
    for page in (1, 2, 3):
        answer = cast.cliente.get(RUTA, params={"categoria": shelf, "page": page, "per_page": 5}).json()
        assert {key: answer[key] for key in ("total", "page", "per_page")} == {
            "total": len(NAMES), "page": page, "per_page": 5
        }  # fmt: skip
        seen += [item["id"] for item in answer["items"]]
    assert len(seen) == len(set(seen)) == len(NAMES)
    beyond = cast.cliente.get(
        RUTA, params={"categoria": shelf, "page": 9, "per_page": 5, "q": "camara"}
    ).json()
    assert beyond == {"items": [], "total": 2, "page": 9, "per_page": 5}


def test_retired_products_are_for_staff_who_may_ask_for_them(cast, shelf):
    category = f"Retiros {uuid.uuid4().hex[:8]}"
    for n, active in enumerate((True, False)):
        body = {"codigo": f"{category}-{n}", "nombre": f"Artículo {n}", "precio": 1, "categoria": category}
        assert cast.admin.post(RUTA, json=body | {"activo": active}).status_code == 201

    def seen(who, **query):
        answer = who.get(RUTA, params={"categoria": category} | query).json()
        assert answer["total"] == len(answer["items"])
        return {item["nombre"] for item in answer["items"]}

    both, sold, gone = {"Artículo 0", "Artículo 1"}, {"Artículo 0"}, {"Artículo 1"}
    for who in (cast.admin, cast.vendedora, cast.soporte, cast.tecnica):
        assert seen(who) == seen(who, activo="all") == both
        assert seen(who, activo="1") == seen(who, activo="true") == sold
        assert seen(who, activo="0") == seen(who, activo="false", q="articulo") == gone
    assert seen(cast.cliente) == seen(cast.cliente, activo="all") == seen(cast.cliente, q="articulos") == sold
    assert seen(cast.cliente, activo="0") == set()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"), ("page=-5", "page"), ("page=9e99", "page"), ("page=abc", "page"), ("page=", "page"),
        ("page=99999999999999999999", "page"), ("per_page=0", "per_page"), ("per_page=101", "per_page"),
        ("per_page=x", "per_page"), ("activo=quiza", "activo"), ("order_by=nombre;drop", "order_by"),
        ("order_by=", "order_by"), ("q=" + "a" * 101, "q"), ("categoria=" + "a" * 81, "categoria"),
        ("q=%00", "q"), ("q=a%00b", "q"), ("categoria=%00", "categoria"),
    ],
)  # fmt: skip
def test_a_bad_query_is_named(cast, query, field):
    answer = cast.cliente.get(f"{RUTA}?{query}")
    assert answer.status_code == 422, answer.text
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize(
    "q",
    ["ﷺ" * 100, "a " * 50, "\u200d\u202e", "\u3000", "a\u3000b", "\u0301", "Ω≈ç√∫", "ß", "𝕏", "'\"\\;", "x" * 100,
     "1e400", "-1", "null", "camara\r\nSet-Cookie: a=b", "%25", "*" * 100, "<script>", "\ufeff", "\x7f", "\x85"],
)  # fmt: skip
def test_a_hostile_search_text_is_a_search_text(cast, q):
    answer = cast.cliente.get(f"{RUTA}?q={quote(q)}&order_by=relevancia")
    assert answer.status_code == 200, answer.text
    assert answer.elapsed.total_seconds() < 2


def test_bytes_that_are_no_utf8_are_refused(cast):
    answer = cast.cliente.get(f"{RUTA}?q=%ff%fe")
    assert answer.status_code == 422
