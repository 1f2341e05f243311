"""A picture in the page: with words for those who do not see it, and clickable where asked."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

__all__ = ["LivePicture"]

# A cell is chosen by a click, or by the arrow keys once the picture has the focus. Places on the
# picture become data coordinates here, from the axes' box and limits: linear axes only.
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
  let asked = null, when = 0;  // where the arrows are, and since when, while the kernel draws

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
  function point(x, y) {
    const [left, bottom, width, height, x0, x1, y0, y1] = model.get("axes");
    const inside = (value, a, b) => value >= Math.min(a, b) && value <= Math.max(a, b);
    if (!inside(x, x0, x1) || !inside(y, y0, y1)) return;
    asked = [x, y];
    when = performance.now();
    model.set("pointed", [x, y, model.get("pointed")[2] + 1]);
    model.save_changes();
  }
  frame.addEventListener("click", (event) => {
    if (!model.get("axes").length) return;
    const [left, bottom, width, height, x0, x1, y0, y1] = model.get("axes");
    const box = image.getBoundingClientRect();
    const across = ((event.clientX - box.left) / box.width - left) / width;
    const up = (1 - (event.clientY - box.top) / box.height - bottom) / height;
    point(x0 + across * (x1 - x0), y0 + up * (y1 - y0));
  });
  frame.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const step = steps[event.key];
    if (!step || !model.get("axes").length) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const [left, bottom, width, height, x0, x1, y0, y1] = model.get("axes");
    const from = asked && performance.now() - when < 500 ? asked : model.get("cursor");
    if (!from.length) return point((x0 + x1) / 2, (y0 + y1) / 2);
    const far = event.shiftKey ? 10 : 1;
    const on = (start, way, a, b) => {
      const sign = b > a ? 1 : -1, low = Math.min(a, b), high = Math.max(a, b);
      let next = start + far * way * sign;
      while (far > 1 && (next < low || next > high) && next !== start) next -= way * sign;
      return next;
    };
    point(on(from[0], step[0], x0, x1), on(from[1], step[1], y0, y1));
  });
  model.on("change:value", show);
  for (const name of ["alt", "axes", "width"]) model.on("change:" + name, describe);
  show();
  describe();
  // JupyterLab takes arrows and letters for itself, from lists and sliders too, unless the very
  // element that has the focus says not to
  function guard(tries) {
    const root = el.closest(".jp-OutputArea-output");
    if (root) root.addEventListener("focusin", (event) => {
      const control = event.target;
      if (!control.matches("select, .noUi-handle")) return;
      control.setAttribute("data-lm-suppress-shortcuts", "true");
      // a list has its label for a name, the handle of a slider none
      const label = control.closest(".widget-inline-hbox")?.querySelector(".widget-label");
      if (control.matches(".noUi-handle") && label?.textContent)
        control.setAttribute("aria-label", label.textContent);
    });
    else if (tries) requestAnimationFrame(() => guard(tries - 1));  // not in the page yet
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
.infonb-said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
"""


class LivePicture(anywidget.AnyWidget):
    """
    A picture in a notebook or dashboard that says its alt text and, where asked, can be clicked.

    Attributes
    ----------
    value : bytes
        The PNG.
    alt : str
        What it shows.
    width : int
        The greatest width on the page, in pixels.
    axes : list of float
        Empty: not clickable. Else where the axes are, as shares of the picture (left, bottom,
        width, height), and their limits (left, right, bottom, top).
    cursor : list of float
        What is chosen now, data coordinates (x, y): the arrow keys go on from there, by 1, with
        shift by 10.
    pointed : list of float
        Set by the browser: data coordinates (x, y) of the last click or arrow, and their number.

    Examples
    --------
    >>> picture = LivePicture(value=b"", alt="a matrix", axes=[0, 0, 1, 1, 0, 9, 9, 0])
    >>> picture.pointed
    [0.0, 0.0, 0.0]
    """

    _esm = _ESM
    _css = _CSS
    value: Any = traitlets.Bytes(b"").tag(sync=True)
    alt: Any = traitlets.Unicode("").tag(sync=True)
    width: Any = traitlets.Int(800).tag(sync=True)
    axes: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    cursor: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    pointed: Any = traitlets.List(traitlets.Float(), [0.0, 0.0, 0.0]).tag(sync=True)
