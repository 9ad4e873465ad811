"""The OpenAPI 3.1 description of every route, made from the route table itself."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

import msgspec
from pydantic.json_schema import models_json_schema

from clientela import __version__
from clientela.api.call import Route
from clientela.api.dialects import ALL, CHAT, CLIENTES, PEDIDOS, V1, Dialect, error_body, status_of
from clientela.api.permisos import REGLAS, Regla
from clientela.core.codigos import ESTADOS
from clientela.core.errors import AppError, from_status, type_by_status
from clientela.core.textos import MENSAJES

REF: Final = "#/components/schemas/{name}"
Schema = dict[str, Any]

_TAGS: Final = {
    "panel": "Panel del cliente",
    "clientes": "Registro de clientes",
    "chat": "Chat de soporte",
    "pedidos": "Carritos y pedidos",
    "castella": "Castella: servicio técnico",
    "v1": "Clientela v1",
}


def document(routes: Mapping[str, Route], rules: Mapping[str, Regla] = REGLAS) -> bytes:
    """Describe all routes as JSON."""
    # In an order of its own: that of the table depends on which module was imported first.
    in_order = sorted(routes.values(), key=lambda route: (route.path, route.method))
    return _document(tuple(in_order), tuple(rules.items()))


@lru_cache(maxsize=2)
def _document(routes: tuple[Route, ...], rules: tuple[tuple[str, Regla], ...]) -> bytes:
    components = _Components(routes)
    by_key = dict(rules)
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(
            route, by_key[route.key], components
        )
    described = {
        "openapi": "3.1.0",
        "info": {
            "title": "Clientela",
            "version": __version__,
            "summary": "Un solo servidor para todo lo que hay entre un negocio y sus clientes",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in _TAGS.values()],
        "paths": paths,
        "components": {
            "schemas": components.schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "directo": {"type": "apiKey", "in": "header", "name": "Authorization"},
            },
        },
    }
    return msgspec.json.encode(described)


class _Components:
    """The shapes of all bodies, queries and answers.

    Each contract's carry its name: two contracts may call different things alike, and they write decimals
    differently.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self.schemas: dict[str, Schema] = {}
        self._refs: dict[tuple[str, Any], Schema] = {}
        for dialect in ALL:
            self.schemas[f"Error_{dialect.nombre}"] = _error_schema(dialect)
            group = [route for route in routes if route.dialect is dialect]
            self._add_models(dialect, group)
            self._add_structs(dialect, group)

    def ref(self, dialect: Dialect, kind: Any) -> Schema:
        """Point to a body's, a query's or an answer's shape."""
        return self._refs[dialect.nombre, kind]

    def resolve(self, dialect: Dialect, kind: Any) -> Schema:
        """Return the shape itself."""
        return self.schemas[self.ref(dialect, kind)["$ref"].rpartition("/")[2]]

    def _add_models(self, dialect: Dialect, routes: Iterable[Route]) -> None:
        models = {model for route in routes for model in (route.body, route.query) if model is not None}
        refs, described = models_json_schema(
            [(model, "validation") for model in sorted(models, key=str)],
            ref_template=_ref_of(dialect, "model"),
        )
        self._refs |= {(dialect.nombre, model): ref for (model, _), ref in refs.items()}
        self._keep(dialect, described.get("$defs", {}))

    def _add_structs(self, dialect: Dialect, routes: Iterable[Route]) -> None:
        answers = {route.response for route in routes} | {route.also[1] for route in routes if route.also}
        types = sorted(filter(_is_described, answers), key=str)
        refs, described = msgspec.json.schema_components(types, ref_template=_ref_of(dialect, "name"))
        self._refs |= {(dialect.nombre, kind): ref for kind, ref in zip(types, refs, strict=True)}
        self._keep(dialect, described)

    def _keep(self, dialect: Dialect, described: Mapping[str, Schema]) -> None:
        for name, schema in described.items():
            full, shape = f"{name}_{dialect.nombre}", _decimals(schema, numbers=dialect is not V1)
            known = self.schemas.setdefault(full, shape)
            # What comes in and what goes out describe the same words in a slightly different way.
            if known != shape and ("enum" not in shape or set(known.get("enum", ())) != set(shape["enum"])):
                raise ValueError(f"two shapes are called {full}")


def _ref_of(dialect: Dialect, placeholder: str) -> str:
    return REF.format(name=f"{{{placeholder}}}_{dialect.nombre}")


def _is_described(kind: Any) -> bool:
    return kind is not None and kind not in {str, bytes, dict}


def _decimals(schema: Any, *, numbers: bool) -> Any:
    """Say decimals as this dialect writes them: numbers in the five contracts, texts in v1."""
    if isinstance(schema, list):
        return [_decimals(item, numbers=numbers) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if numbers and schema.get("format") == "decimal":
        return {"type": "number"}
    if "anyOf" in schema and {_kind(option) for option in schema["anyOf"]} >= {"number", "string-number"}:
        kept = [o for o in schema["anyOf"] if not (numbers and _kind(o) == "string-number")]
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        return {**kept[0], **rest} if len(kept) == 1 else {**rest, "anyOf": kept}
    return {key: _decimals(value, numbers=numbers) for key, value in schema.items()}


def _kind(option: Mapping[str, Any]) -> str:
    kind = str(option.get("type"))
    return "string-number" if kind == "string" and "pattern" in option else kind


def _error_schema(dialect: Dialect) -> Schema:
    text: Schema = {"type": "string"}
    fields: dict[str, Schema] = {"code": text, "request_id": text}
    match dialect.nombre:
        case "castella":
            own: dict[str, Schema] = {"mensaje": text}
        case "v1":
            own = {"type": text, "title": text, "status": {"type": "integer"}, "detail": text}
        case _:
            listed = {"anyOf": [text, {"type": "array", "items": text}]}
            own = {"message": listed if dialect is CHAT else text}
    if dialect in {CLIENTES, CHAT}:
        own["success"] = {"const": False}
    if dialect is PEDIDOS:
        own |= {"statusCode": {"type": "integer"}, "error": text}
    messages = {"type": "object", "additionalProperties": {"type": "array", "items": text}}
    return {
        "type": "object",
        "required": [*own, *fields],
        "properties": {**own, "errors": messages, **fields},
    }


def _operation(route: Route, rule: Regla, components: _Components) -> Schema:
    public = rule.alcance == "publico"
    operation: Schema = {
        "operationId": re.sub(r"\W+", "_", route.key).strip("_"),
        "summary": route.summary,
        "tags": [_TAGS[route.dialect.nombre]],
        "parameters": _parameters(route, components, public=public),
        "responses": _responses(route, components, public=public),
    }
    if public:
        operation["security"] = []
    else:
        roles = ", ".join(sorted(rule.roles))
        operation["description"] = f"Roles: {roles}. Habilidad de los tokens personales: `{rule.area}`."
        operation["security"] = [{"bearer": []}, {"directo": []}]
    kinds = _body_kinds(route, components)
    if kinds:
        operation["requestBody"] = {"required": not route.body_optional, "content": kinds}
    return operation


def _body_kinds(route: Route, components: _Components) -> Schema:
    """Describe what a body may be: JSON, and a form where the route takes one, with its files."""
    kinds: Schema = {}
    if route.body is not None:
        kinds["application/json"] = {"schema": components.ref(route.dialect, route.body)}
        if route.body_example is not None:
            kinds["application/json"]["example"] = msgspec.to_builtins(route.body_example)
    if route.multipart:
        form: Schema = {"type": "object"}
        if route.body is not None:
            form = components.resolve(route.dialect, route.body)
        files = {name: {"type": "string", "format": "binary"} for name in route.files}
        kinds["multipart/form-data"] = {"schema": form | {"properties": form.get("properties", {}) | files}}
    return kinds


def _parameters(route: Route, components: _Components, *, public: bool) -> list[Schema]:
    found: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    if route.query is not None:
        model = components.resolve(route.dialect, route.query)
        for name, schema in model.get("properties", {}).items():
            required = name in model.get("required", [])
            found.append({"name": name, "in": "query", "required": required, "schema": schema})
    if route.method not in {"GET", "HEAD"} and not public and not route.secret:
        key = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
        found.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": key})
    if any(ESTADOS[code] == HTTPStatus.PRECONDITION_FAILED for code in route.errors):
        version = {"type": "string", "pattern": '^("[0-9]{1,18}"|\\*)$'}
        found.append({"name": "If-Match", "in": "header", "required": False, "schema": version})
    return found


def _responses(route: Route, components: _Components, *, public: bool) -> Schema:
    ok: Schema = {"description": HTTPStatus(route.status).phrase}
    content: Schema = {}
    if route.response not in {None, str, bytes}:
        content["schema"] = _response_schema(route, components)
    if route.example is not None:
        content["example"] = msgspec.to_builtins(route.example)
    if route.response is bytes:
        ok["content"] = {route.media_type: {}}
    elif content:
        ok["content"] = {"application/json": content}
    by_status: dict[int, list[str]] = {}
    for code in _codes(route, public=public):
        by_status.setdefault(status_of(route.dialect, ESTADOS[code], code), []).append(code)
    errors = {
        str(status): _error_response(route.dialect, codes) for status, codes in sorted(by_status.items())
    }
    return {str(route.status): ok, **_other_success(route, components), **errors}


def _other_success(route: Route, components: _Components) -> Schema:
    if route.also is None:
        return {}
    status, response = route.also
    said: Schema = {"description": HTTPStatus(status).phrase}
    if response is not None:
        said["content"] = {"application/json": {"schema": components.ref(route.dialect, response)}}
    return {str(status): said}


def _response_schema(route: Route, components: _Components) -> Schema:
    if route.response is dict:
        return {"type": "object"}
    return components.ref(route.dialect, route.response)


def _codes(route: Route, *, public: bool) -> list[str]:
    codes = ["error_interno", "uri_demasiado_larga", "cabeceras_demasiado_grandes"]
    if "call" in route.parameters:
        codes.append("servicio_no_disponible")
    if not public:
        codes += ["no_autenticado", "prohibido", "debe_cambiar_contrasenia", "habilidad_insuficiente"]
    if "{" in route.path:
        codes.append("no_encontrado")
    if route.query is not None or route.body is not None or route.files:
        codes.append("datos_invalidos")
    if route.method != "GET":
        codes += [
            "cuerpo_demasiado_grande",
            "tipo_no_admitido",
            "codificacion_no_admitida",
            "cuerpo_incompleto",
        ]
        codes += ["cabecera_invalida", "conflicto_simultaneo", "sin_espacio"]
        if not public and not route.secret:
            codes += ["clave_idempotencia_reusada", "peticion_en_curso"]
    if route.body is not None:
        codes += ["json_invalido", "cuerpo_requerido"]
    if route.multipart:
        codes += ["formulario_invalido", "json_invalido", "demasiadas_subidas"]
    if route.missing_code is not None:
        codes.append(route.missing_code)
    return list(dict.fromkeys([*codes, *route.errors]))


def _error_response(dialect: Dialect, codes: list[str]) -> Schema:
    lines = "\n".join(f"- `{code}`: {MENSAJES[code]}" for code in codes)
    content: Schema = {
        "schema": {"$ref": REF.format(name=f"Error_{dialect.nombre}")},
        "examples": {code: {"value": _error_example(dialect, code)} for code in codes},
    }
    return {"description": lines, "content": {dialect.error_type: content}}


def _error_example(dialect: Dialect, code: str) -> Any:
    status = ESTADOS[code]
    errors = {"campo": ["Este campo es obligatorio"]} if code == "datos_invalidos" else None
    error = from_status(status, code, errors, None) if status in type_by_status else AppError(code)
    return msgspec.json.decode(error_body(dialect, error, "6b0018f2-5db080805a"))
