// The page behind the link of a reset message: reads the token from the address, sends the new password.

const form = document.getElementById("formulario");
const first = document.getElementById("nueva");
const again = document.getElementById("repetida");
const show = document.getElementById("ver");
const button = document.getElementById("guardar");
const notice = document.getElementById("aviso");

const token = new URLSearchParams(location.search).get("token");
// The token must stay neither in the history nor on a screen that somebody photographs.
history.replaceState(null, "", location.pathname);

function say(text, isError) {
  notice.textContent = text;
  notice.className = isError ? "error" : "";
}

function problem() {
  if ([...first.value].length < 8) return "La contraseña debe tener al menos 8 caracteres.";
  if (first.value !== again.value) return "Las dos contraseñas no son iguales.";
  return null;
}

async function save() {
  const answer = await fetch("/api/cliente/reset-password", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token, nuevaContrasenia: first.value }),
  });
  const body = await answer.json();
  if (answer.ok) {
    form.hidden = true;
    say(`${body.mensaje}. Ya puede entrar con ella.`, false);
  } else {
    say(body.mensaje, true);
  }
}

show.addEventListener("change", () => {
  first.type = again.type = show.checked ? "text" : "password";
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const wrong = problem();
  if (wrong) {
    say(wrong, true);
    return;
  }
  button.disabled = true;
  say("Guardando…", false);
  try {
    await save();
  } catch {
    say("No se pudo llegar al servidor. Revise su conexión e intente de nuevo.", true);
  } finally {
    button.disabled = false;
  }
});

if (!token) {
  form.hidden = true;
  say("Este enlace está incompleto. Pida uno nuevo desde la aplicación.", true);
}
