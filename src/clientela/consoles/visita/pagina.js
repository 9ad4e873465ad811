// The page behind the link of a reminder: shows a visit, confirms it or moves it. Opening it changes nothing.
// The token is what follows the `#`; it goes to the server in the body of a POST, and nowhere else.

const $ = (id) => document.getElementById(id);
const title = document.querySelector("h1");
const notice = $("aviso");
const form = $("formulario");
const chosen = $("nueva");
const WALL = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

let token = "";

// What to do next, where the server's sentence does not say it.
const ADVICE = {
  enlace_invalido: "Revise que haya copiado el enlace completo, o comuníquese con la empresa.",
  enlace_vencido: "Comuníquese con la empresa para acordar otra visita.",
  enlace_reemplazado: "Use el enlace del último mensaje que recibió, o comuníquese con la empresa.",
  visita_con_orden: "Para cambiar la fecha, comuníquese con la empresa.",
};

class Refused extends Error {
  constructor(problem) {
    super(problem.errors?.fecha_programada?.[0] ?? [problem.detail ?? problem.title, ADVICE[problem.code]]
      .filter(Boolean).map((text) => text.replace(/[.]?$/, ".")).join(" "));
    this.ofField = Boolean(problem.errors?.fecha_programada);
  }
}

async function ask(path, body) {
  let answer;
  try {
    answer = await fetch(`/api/v1/visitas/enlace${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ enlace: token, ...body }),
      credentials: "omit",
    });
  } catch {
    throw new Error("No se pudo llegar al servidor. Revise su conexión e intente de nuevo.");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(told);
  return told;
}

function say(text, isBad = false) {
  notice.textContent = text;
  notice.className = isBad ? "mal" : "";
}

// The wall clock of the organisation, as a field for date and time wants it: 2026-12-10T10:00.
function wall(instant, zone) {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en-CA", { ...WALL, timeZone: zone }).formatToParts(instant).map((p) => [p.type, p.value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

function show(visit) {
  const date = new Date(visit.fecha_programada);
  const zone = visit.zona;
  token = visit.enlace;
  // A page that is loaded again still has its visit.
  history.replaceState(null, "", `${location.pathname}#${token}`);
  $("organizacion").textContent = visit.organizacion;
  $("servicio").textContent = visit.servicio;
  $("fecha").textContent = new Intl.DateTimeFormat("es", { dateStyle: "full", timeStyle: "short", timeZone: zone })
    .format(date);
  $("fecha").dateTime = visit.fecha_programada;
  $("zona").textContent = `Hora de ${zone.split("/").pop().replaceAll("_", " ")}`;
  $("zona").hidden = Intl.DateTimeFormat().resolvedOptions().timeZone === zone;
  $("confirmada").hidden = !visit.confirmada;
  $("confirmar").hidden = visit.confirmada;
  $("cambiar").hidden = visit.mover_hasta === null;
  $("agendada").hidden = visit.mover_hasta !== null;
  if (visit.mover_hasta !== null) {
    chosen.value = wall(date, zone);
    chosen.min = wall(new Date(), zone);
    chosen.max = `${visit.mover_hasta}T23:59`;
    const last = new Intl.DateTimeFormat("es", { dateStyle: "long", timeZone: "UTC" })
      .format(new Date(`${visit.mover_hasta}T00:00:00Z`));
    $("limite").textContent = `Hasta el ${last}.`;
  }
  $("visita").hidden = false;
}

function unfold(isOpen) {
  form.hidden = !isOpen;
  $("confirmar").parentElement.hidden = isOpen;
  $("cambiar").setAttribute("aria-expanded", String(isOpen));
  complain("");
  (isOpen ? chosen : $("cambiar")).focus();
}

function complain(text) {
  $("error").textContent = text;
  chosen.setAttribute("aria-invalid", String(text !== ""));
}

// Does one thing at a time; what is refused is said, and the buttons work again.
async function during(button, work) {
  button.disabled = true;
  try {
    await work();
    button.disabled = false;
  } catch (error) {
    button.disabled = false;
    if (error.ofField) complain(error.message);
    else say(error.message, true);
    (error.ofField ? chosen : button).focus();
  }
}

$("confirmar").addEventListener("click", () => during($("confirmar"), async () => {
  show(await ask("/confirmar", {}));
  say("Gracias: su visita quedó confirmada.");
  title.focus();
}));

$("cambiar").addEventListener("click", () => {
  say("");
  unfold(true);
});

$("volver").addEventListener("click", () => unfold(false));

form.addEventListener("submit", (event) => {
  event.preventDefault();
  complain("");
  if (!chosen.value) {
    complain("Elija una fecha y una hora.");
    chosen.focus();
    return;
  }
  during($("guardar"), async () => {
    const reason = $("motivo").value.trim();
    const visit = await ask("/mover", { fecha_programada: chosen.value, motivo: reason || null });
    unfold(false);
    show(visit);
    say("Listo: la visita quedó en su nueva fecha.");
    title.focus();
  });
});

async function begin() {
  token = location.hash.slice(1);
  $("visita").hidden = true;
  say("Buscando su visita…");
  try {
    if (!token) throw new Error("Este enlace está incompleto. Ábralo desde el mensaje que recibió.");
    show(await ask("", {}));
    say("");
  } catch (error) {
    say(error.message, true);
  }
}

addEventListener("hashchange", begin);
begin();
