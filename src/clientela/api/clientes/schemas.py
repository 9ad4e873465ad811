"""What comes in for client records (spec 2): the same models read JSON and forms."""

from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from clientela.api.body import (
    LINEA,
    RECORTADA,
    Dinero,
    Entrada,
    Fecha,
    Hora,
    Id,
    Latitud,
    Longitud,
    NoVacio,
    Pagina,
    UuidONulo,
    absent,
    blank_is_default,
)
from clientela.clientes.model import (
    IMAGENES,
    CambiosCliente,
    Filtro,
    NuevaDireccion,
    NuevaVentana,
    NuevoCliente,
    Orden,
)
from clientela.core.textos import CAMPOS
from clientela.identidad.rules import read_email

MAX_WINDOWS: Final = 100
MAX_ADDRESSES: Final = 50
MAX_CATEGORIES: Final = 100


def _email(value: str | None) -> str | None:
    if value is None:
        return None
    read = read_email(value)
    if read is None:
        raise PydanticCustomError("correo", CAMPOS["correo_invalido"])
    return read


def _no_text(value: Any) -> Any:
    # A form's file never gets here; what does is a text, or null, which clears.
    if value is not None:
        raise PydanticCustomError("archivo", CAMPOS["archivo_requerido"])
    return None


Nombre = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=LINEA), NoVacio]
Linea20 = Annotated[Annotated[str, StringConstraints(max_length=20, pattern=LINEA)] | None, RECORTADA]
Linea40 = Annotated[Annotated[str, StringConstraints(max_length=40, pattern=LINEA)] | None, RECORTADA]
Linea100 = Annotated[Annotated[str, StringConstraints(max_length=100, pattern=LINEA)] | None, RECORTADA]
Linea200 = Annotated[Annotated[str, StringConstraints(max_length=200, pattern=LINEA)] | None, RECORTADA]
Email = Annotated[Annotated[str, StringConstraints(max_length=254)] | None, RECORTADA, AfterValidator(_email)]
Genero = Annotated[Literal["F", "M", "X"] | None, BeforeValidator(lambda value: value or None)]
Observaciones = Annotated[str, StringConstraints(max_length=10_000)]
Imagen = Annotated[
    None, BeforeValidator(_no_text), WithJsonSchema({"type": "null", "description": "null borra la imagen"})
]


class VentanaEntrada(Entrada):
    """A delivery window: 0 = Sunday, hours as `HH:mm` of the organisation's wall clock."""

    dia_semana: int = Field(ge=0, le=6)
    hora_inicio: Hora
    hora_fin: Hora
    activo: bool | None = True

    def as_new(self) -> NuevaVentana:
        """Say it in the register's words."""
        return NuevaVentana(self.dia_semana, self.hora_inicio, self.hora_fin, self.activo is not False)


class DireccionEntrada(Entrada):
    """An address of a new client; of several principal ones the last is it."""

    direccion: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), NoVacio]
    ciudad: Linea100 = None
    departamento: Linea100 = None
    codigo_postal: Linea20 = None
    latitud: Latitud | None = None
    longitud: Longitud | None = None
    es_principal: bool | None = False
    activa: bool | None = True

    def as_new(self) -> NuevaDireccion:
        """Say it in the register's words."""
        return NuevaDireccion(
            direccion=self.direccion,
            ciudad=self.ciudad,
            departamento=self.departamento,
            codigo_postal=self.codigo_postal,
            latitud=self.latitud,
            longitud=self.longitud,
            es_principal=self.es_principal is True,
            activa=self.activa is not False,
        )


class _Cliente(Entrada):
    """What creation and change have in common. An absent field stays, null clears."""

    crear_usuario: bool | None = False
    razon_social: Linea200 = Field(default_factory=absent)
    nit: Linea40 = Field(default_factory=absent)
    email: Email = Field(default_factory=absent)
    telefono: Linea40 = Field(default_factory=absent)
    whatsapp: Linea40 = Field(default_factory=absent)
    fecha_nacimiento: Fecha | None = Field(default_factory=absent)
    genero: Genero = Field(default_factory=absent)
    limite_credito: Dinero | None = Field(default_factory=absent)
    localidad_id: Id | None = Field(default_factory=absent)
    latitud: Latitud | None = Field(default_factory=absent)
    longitud: Longitud | None = Field(default_factory=absent)
    observaciones: Observaciones | None = Field(default_factory=absent)
    vendedor_asignado_id: UuidONulo = Field(default_factory=absent)
    foto_perfil: Imagen = Field(default_factory=absent)
    ci_anverso: Imagen = Field(default_factory=absent)
    ci_reverso: Imagen = Field(default_factory=absent)
    ventanas_entrega: Annotated[list[VentanaEntrada], Field(max_length=MAX_WINDOWS)] | None = Field(
        default_factory=absent
    )
    categorias_ids: Annotated[list[Id], Field(max_length=MAX_CATEGORIES)] | None = Field(
        default_factory=absent
    )

    def _sent(self) -> dict[str, Any]:
        """Return what was sent, in the register's words."""
        sent = {
            name: getattr(self, name)
            for name in CambiosCliente.__struct_fields__
            if name in self.model_fields_set
        }
        if sent.get("limite_credito", 0) is None:
            sent["limite_credito"] = Decimal(0)
        if "ventanas_entrega" in self.model_fields_set:
            sent["ventanas"] = tuple(window.as_new() for window in self.ventanas_entrega or ())
        if "categorias_ids" in sent:
            sent["categorias_ids"] = tuple(dict.fromkeys(self.categorias_ids or ()))
        sent["imagenes"] = dict.fromkeys(field for field in IMAGENES if field in self.model_fields_set)
        return sent


class ClienteEntrada(_Cliente):
    """A new client."""

    nombre: Nombre
    activo: bool | None = True
    direcciones: Annotated[list[DireccionEntrada], Field(max_length=MAX_ADDRESSES)] | None = None

    def as_new(self) -> NuevoCliente:
        """Say it in the register's words."""
        addresses = tuple(address.as_new() for address in self.direcciones or ())
        return NuevoCliente(**{**self._sent(), "activo": self.activo is not False, "direcciones": addresses})


class ClienteCambios(_Cliente):
    """Changes of a client; windows and categories that are sent replace all there were."""

    nombre: Nombre = Field(default_factory=absent)
    activo: bool = Field(default_factory=absent)

    def as_changes(self) -> CambiosCliente:
        """Say it in the register's words."""
        return CambiosCliente(**self._sent())


class ClienteCambiosFormulario(ClienteCambios):
    """The same by POST, for programs that can send a form no other way: `_method` must be PUT."""

    # Described as what it must be; what it is not is no invalid field but another route, which does not exist.
    model_config = ConfigDict(json_schema_extra={"required": ["_method"]})
    metodo: Annotated[str | None, WithJsonSchema({"type": "string", "enum": ["PUT"]})] = Field(
        None, alias="_method"
    )


class ClientesConsulta(Pagina):
    """What to list: `q` is searched in name, legal name, NIT, phone and e-mail, without accents or case."""

    q: Annotated[str, StringConstraints(max_length=200)] = ""
    activo: Annotated[Literal["1", "0", "all"], blank_is_default("all")] = "all"
    order_by: Annotated[Orden, blank_is_default(Orden.NOMBRE)] = Orden.NOMBRE
    order_dir: Annotated[Literal["asc", "desc"], blank_is_default("asc")] = "asc"

    def as_filter(self) -> Filtro:
        """Say it in the register's words."""
        return Filtro(
            q=self.q,
            activo=None if self.activo == "all" else self.activo == "1",
            orden=self.order_by,
            descendente=self.order_dir == "desc",
            limite=self.per_page,
            desde=self.offset,
        )
