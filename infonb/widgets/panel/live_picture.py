"""A picture in the page: with words for those who do not see it, and clickable where asked."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import anywidget
import traitlets

__all__ = ["LivePicture", "StaticPicture"]

# A place is chosen by a click, or by the arrow keys once the picture has the focus. A click becomes
# data coordinates here, from the axes' box and limits: linear axes only. Of an arrow key only the
# direction is told: the kernel knows what is chosen, and what comes next.
_ESM = """
function render({ model, el }) {
  const frame = document.createElement("div");
  const image = document.createElement("img");
  const said = document.createElement("span");
  frame.className = "infonb-picture";
  image.className = "widget-image";
  image.draggable = false;
  said.className = "infonb-said";
  said.setAttribute("aria-live", "polite");
  frame.append(image, said);
  el.append(frame);
  let url = null;

  function show() {
    const before = url;
    url = URL.createObjectURL(new Blob([model.get("value")], { type: "image/png" }));
    image.onload = () => before && URL.revokeObjectURL(before);
    image.src = url;
  }
  function describe() {
    const alt = model.get("alt"), clickable = model.get("axes").length > 0;
    frame.style.maxWidth = model.get("width") + "px";
    frame.classList.toggle("infonb-clickable", clickable);
    if (clickable) {
      frame.tabIndex = 0;
      frame.setAttribute("role", "application");
      frame.setAttribute("aria-roledescription", "picture to choose from");
      frame.setAttribute("aria-label", alt + " Choose with a click or the arrow keys.");
      frame.setAttribute("data-lm-suppress-shortcuts", "true");  // not JupyterLab's arrows
      image.alt = "";
      if (document.activeElement === frame) said.textContent = alt;
    } else {
      frame.removeAttribute("tabindex");
      frame.removeAttribute("role");
      image.alt = alt;
    }
  }
  frame.addEventListener("click", (event) => {
    if (!model.get("axes").length) return;
    const [left, bottom, width, height, x0, x1, y0, y1] = model.get("axes");
    const box = image.getBoundingClientRect();
    const across = ((event.clientX - box.left) / box.width - left) / width;
    const up = (1 - (event.clientY - box.top) / box.height - bottom) / height;
    if (across < 0 || across > 1 || up < 0 || up > 1) return;
    const place = [x0 + across * (x1 - x0), y0 + up * (y1 - y0)];
    model.set("pointed", [...place, model.get("pointed")[2] + 1]);
    model.save_changes();
  });
  frame.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const step = steps[event.key];
    if (!step || !model.get("axes").length) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    // all steps until now: while the kernel draws, only the last message waits
    const far = event.shiftKey ? 10 : 1, [right, up, number] = model.get("stepped");
    model.set("stepped", [right + far * step[0], up + far * step[1], number + 1]);
    model.save_changes();
  });
  model.on("change:value", show);
  for (const name of ["alt", "axes", "width"]) model.on("change:" + name, describe);
  show();
  describe();
  // JupyterLab takes arrows and letters for itself, from lists and sliders too, unless the very
  // element that has the focus says not to
  function guard(tries) {
    const root = el.closest(".jp-OutputArea-output");
    if (!root && tries) requestAnimationFrame(() => guard(tries - 1));  // not in the page yet
    if (!root || root.dataset.infonb) return;
    root.dataset.infonb = "guarded";
    speak(root);
    new MutationObserver(() => speak(root)).observe(root, {
      subtree: true, childList: true, characterData: true, attributes: true,
      attributeFilter: ["aria-valuetext", "class"],
    });
    root.addEventListener("focusin", (event) => {
      if (event.target.matches("select, .noUi-handle"))
        event.target.setAttribute("data-lm-suppress-shortcuts", "true");
    });
  }
  // what ipywidgets leaves without words: a slider's name and value, and the buttons of Play
  function speak(root) {
    const say = (part, name, words) =>
      words && part.getAttribute(name) !== words && part.setAttribute(name, words);
    for (const handle of root.querySelectorAll(".noUi-handle")) {
      const whole = handle.closest(".widget-inline-hbox");
      say(handle, "aria-label", whole?.querySelector(".widget-label")?.textContent);
      say(handle, "aria-valuetext", whole?.querySelector(".widget-readout")?.textContent);
    }
    const does = { "fa-play": "play", "fa-pause": "pause", "fa-stop": "back to the start",
      "fa-retweet": "repeat" };
    for (const [icon, words] of Object.entries(does))
      for (const part of root.querySelectorAll(".widget-play button ." + icon))
        for (const name of ["title", "aria-label"]) say(part.closest("button"), name, words);
  }
  guard(600);
  return () => url && URL.revokeObjectURL(url);
}
export default { render };
"""

# A white ground with a little air: figures have dark text, also on JupyterLab's dark theme.
_CSS = """
.infonb-picture { position: relative; background: white; border-radius: 4px; padding: 4px;
  box-sizing: border-box; border: 1px solid var(--jp-border-color2, #ddd); }
.infonb-picture img { display: block; width: 100%; height: auto; margin: 0; }
.infonb-clickable { cursor: crosshair; }
.infonb-clickable:focus { outline: 3px solid #1976d2; outline-offset: -3px; }
.infonb-controls .widget-readout { min-width: 5em; max-width: none; width: max-content;
  flex-shrink: 0; }
.infonb-said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
"""


class LivePicture(anywidget.AnyWidget):
    """
    A picture in a notebook or dashboard that says its alt text and, where asked, can be clicked.

    Its `width` is the greatest on the page, in pixels. `axes` is empty: not clickable; or where the
    axes are, as shares of the picture (left, bottom, width, height), and their limits (left, right,
    bottom, top). `cursor` is what is chosen now, data coordinates (x, y). Set by the browser:
    `pointed`, data coordinates of the last click, and the number of clicks; `stepped`, how far the
    arrow keys have gone to the right and up since the picture was made, 1 a key, with shift 10, and
    the number of keys: sums, since a kernel that is busy sees the last of several keys only.
    """

    _esm = _ESM
    _css = _CSS
    value: Any = traitlets.Bytes(b"").tag(sync=True)
    alt: Any = traitlets.Unicode("").tag(sync=True)
    width: Any = traitlets.Int(800).tag(sync=True)
    axes: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    cursor: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    pointed: Any = traitlets.List(traitlets.Float(), [0.0, 0.0, 0.0]).tag(sync=True)
    stepped: Any = traitlets.List(traitlets.Int(), [0, 0, 0]).tag(sync=True)


@dataclass
class StaticPicture:
    """The same values without a widget: there is no page to keep up to date."""

    value: bytes = b""
    alt: str = ""
    width: int = 800
    axes: list[float] = field(default_factory=list)
    cursor: list[float] = field(default_factory=list)

    def hold_sync(self) -> AbstractContextManager[None]:
        """Do nothing: there is nobody to send values to."""
        return nullcontext()
