// The playground: a page, and the worker in which Python runs, in one file.
//
// The page sends a case to the worker, and shows the result. A worker can be stopped,
// so an app with an endless loop does not freeze the page.

/** How many seconds an app may run. */
const LIMIT = 5;

if (self.document) startPage();
else startWorker();

// --- the worker ---------------------------------------------------------------------

function startWorker() {
  let run;
  self.onmessage = async ({ data }) => {
    try {
      if (run) postMessage({ result: JSON.parse(run(data)) });
      else run = await loadPython(data);
    } catch (error) {
      postMessage({ failure: String(error.message ?? error) });
    }
  };
}

/** Load the runtime and the packages; return the function that tries a case. */
async function loadPython({ runtime, archive }) {
  countBytes();
  const { loadPyodide } = await import(`${runtime}pyodide.mjs`);
  const [python, packages] = await Promise.all([
    loadPyodide({ indexURL: runtime }),
    fetch(archive).then((response) => response.arrayBuffer()),
  ]);
  postMessage({ note: "Starting Python …" });
  python.unpackArchive(packages, "zip", { extractDir: "/packages" });
  const run = python.runPython(`
    import sys
    sys.path.insert(0, "/packages")
    from in_browser import run
    run
  `);
  postMessage({ version: python.runPython("sys.version.split()[0]") });
  return run;
}

/** Report how many bytes have been loaded. */
function countBytes() {
  const load = self.fetch;
  let loaded = 0;
  self.fetch = async (...options) => {
    const response = await load(...options);
    if (!response.ok) throw new Error(`${response.status} for ${response.url}`);
    const counter = new TransformStream({
      transform(chunk, controller) {
        loaded += chunk.length;
        postMessage({ loaded });
        controller.enqueue(chunk);
      },
    });
    return new Response(response.body.pipeThrough(counter), response);
  };
}

// --- the page -----------------------------------------------------------------------

function startPage() {
  const find = (id) => document.getElementById(id);
  const page = find("playground");
  const form = page.querySelector("form");
  const progress = page.querySelector("progress");
  const examples = JSON.parse(find("examples").textContent);
  const names = ["method", "url", "accept", "at", "app"];
  let worker;
  let python; // its version, once it has started
  let timer; // while a case runs
  let isOld; // whether another case has been sent meanwhile

  const say = (text) => (find("status").textContent = text);
  const read = () => new FormData(form);
  const fill = (values) =>
    names.forEach((name) => (form.elements[name].value = values[name] ?? ""));

  /** Put the case into the address, so that it can be shared. */
  const keep = () => history.replaceState(null, "", `#${new URLSearchParams(read())}`);

  /** Take a case from the address; return whether there is one. */
  function openLink() {
    const shared = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    if ("app" in shared) fill(shared);
    return "app" in shared;
  }

  function send() {
    keep();
    if (!worker) return start();
    isOld = Boolean(timer);
    if (!python || isOld) return;
    say("Running …");
    worker.postMessage(JSON.stringify(Object.fromEntries(read())));
    timer = setTimeout(stop, LIMIT * 1000, `Stopped after ${LIMIT} seconds. Is there a loop`
      + " without an end? Change the app and send again; Python will start anew.");
  }

  /** Start Python, which then sends the request. */
  function start() {
    // The page's policy also holds for a worker that is made from a blob, so an app
    // cannot send anything to another site.
    const code = new Blob([`import ${JSON.stringify(import.meta.url)}`],
      { type: "text/javascript" });
    worker = new Worker(URL.createObjectURL(code), { type: "module" });
    worker.onmessage = ({ data }) => receive(data);
    worker.onerror = ({ message }) => receive({ failure: message ?? "no connection" });
    const [runtime, archive] = [page.dataset.runtime, page.dataset.archive]
      .map((path) => new URL(path, document.baseURI).href);
    worker.postMessage({ runtime, archive });
    progress.hidden = false;
    say("Loading Python …");
  }

  /** End the worker. The next request starts another one. */
  function stop(reason) {
    worker.terminate();
    clearTimeout(timer);
    worker = timer = python = undefined;
    progress.hidden = find("results").hidden = find("error").hidden = true;
    say(reason);
  }

  function receive({ loaded, note, version, failure, result }) {
    if (loaded) progress.value = loaded;
    else if (note) say(note);
    else if (version) {
      python = version;
      progress.hidden = true;
      find("send").textContent = "Send";
      send();
    } else if (failure && python) stop(`Python crashed: ${failure}. Send again to start it.`);
    else if (failure) stop(`Python could not be loaded from ${page.dataset.runtime}`
      + ` (${failure}). Check the network, and try again.`);
    else {
      timer = clearTimeout(timer);
      if (isOld) send();
      else show(result);
    }
  }

  function show({ error, plain, guarded, explain, methods }) {
    find("error").hidden = !error;
    find("results").hidden = Boolean(error);
    if (error) {
      find("error").textContent = error;
      return say("The app raised an error.");
    }
    find("plain").replaceChildren(...render(plain, guarded));
    find("guarded").replaceChildren(...render(guarded, plain));
    find("explain").textContent = explain;
    find("methods").textContent = methods;
    say(`Flask alone: ${plain.status}. With the guard: ${guarded.status}.`
      + ` The sign ≠ marks what differs. This is Python ${python}.`);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  find("app").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  find("example").append(...examples.map(({ title }, index) => new Option(title, index)));
  find("example").addEventListener("change", (event) => {
    fill(examples[event.target.value]);
    if (python) send();
  });
  find("share").addEventListener("click", () => {
    keep();
    navigator.clipboard.writeText(location.href).then(
      () => say("Link copied. It contains the app and the request."),
      () => say("The address of this page contains the app and the request. Copy it."));
  });
  addEventListener("hashchange", openLink);
  if (!openLink()) fill(examples[0]);
  page.hidden = false;
}

/** Return the elements that show a response, with marks where the other one differs. */
function render(response, other) {
  const lines = ({ status, headers }) =>
    [`HTTP/1.1 ${status}`, ...headers.map((field) => field.join(": "))];
  const known = lines(other);
  const head = create("pre");
  head.append(...lines(response).map((line) =>
    known.includes(line) ? create("div", line) : create("mark", `≠ ${line}`)));
  const type = response.headers.find(([name]) => name.toLowerCase() === "content-type");
  let body = create("pre", response.body || "(no body)");
  if (response.body && type?.[1].startsWith("text/html")) {
    body = create("iframe");
    body.sandbox = ""; // no scripts, and no access to this page
    body.title = "The body, as a browser shows it";
    body.srcdoc = response.body;
  }
  if (!response.output) return [head, body];
  return [head, body, create("p", "Printed or logged:"), create("pre", response.output)];
}

function create(tag, text = "") {
  return Object.assign(document.createElement(tag), { textContent: text });
}
