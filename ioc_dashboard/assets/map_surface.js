// A canvas over the map. It is drawn anew when the view has come to rest; while the map moves or
// flies the drawn picture is moved and scaled with it, which costs nothing.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});

  ioc.rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

  // Where every point of the world is in the window, px: x = east · scale − left. East and south are
  // Leaflet's pixels of zoom 0, so a point is projected once and for all.
  function viewOf(map) {
    const { min } = map.getPixelBounds();
    const size = map.getSize();
    return {
      scale: 2 ** map.getZoom(),
      left: min.x,
      top: min.y,
      width: size.x,
      height: size.y,
      ratio: window.devicePixelRatio || 1,
      rem: ioc.rem(),
    };
  }

  ioc.toWorld = (lat, lon) => L.CRS.EPSG3857.latLngToPoint(L.latLng(lat, lon), 0);

  class Surface {
    // `draw(context, view)` draws all of it, in px of the window; the canvas is empty before.
    constructor(map, name, zIndex, draw) {
      this.map = map;
      this.draw = draw;
      const pane = map.createPane(name);
      pane.style.zIndex = zIndex;
      pane.style.pointerEvents = "none";
      this.canvas = L.DomUtil.create("canvas", "map-surface leaflet-zoom-animated", pane);
      this.context = this.canvas.getContext("2d");
      this.view = null;
      this.waiting = 0;
      map.on("moveend resize", this.redraw, this);
      map.on("move zoom", this.follow, this);
      map.on("zoomanim", ({ center, zoom }) => this.follow(null, zoom, center));
    }

    follow(_, zoom, center) {
      if (!this.corner) return;
      const { map } = this;
      const to = zoom === undefined ? map.getZoom() : zoom;
      const at =
        zoom === undefined
          ? map.latLngToLayerPoint(this.corner)
          : map._latLngToNewLayerPoint(this.corner, zoom, center);
      L.DomUtil.setTransform(this.canvas, at, map.getZoomScale(to, this.zoom));
    }

    redraw() {
      cancelAnimationFrame(this.waiting);
      this.waiting = 0;
      if (this.canvas.hidden) return;
      const { map, canvas, context } = this;
      const view = (this.view = viewOf(map));
      this.zoom = map.getZoom();
      this.corner = map.containerPointToLatLng([0, 0]);
      this.follow();
      const [width, height] = [view.width * view.ratio, view.height * view.ratio].map(Math.round);
      if (canvas.width !== width || canvas.height !== height) {
        [canvas.width, canvas.height] = [width, height];
        canvas.style.width = `${view.width}px`;
        canvas.style.height = `${view.height}px`;
      }
      context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
      context.clearRect(0, 0, view.width, view.height);
      if (width && height) this.draw(context, view);
    }

    // With the next picture, however often it is asked for until then. A map on its way is drawn
    // anew when it arrives.
    soon() {
      if (this.waiting || this.canvas.hidden || ioc.isMapMoving()) return;
      this.waiting = requestAnimationFrame(() => ioc.isMapMoving() || this.redraw());
    }

    // What shows nothing costs nothing: no canvas for the browser to put together.
    show(isShown) {
      if (this.canvas.hidden !== isShown) return;
      this.canvas.hidden = !isShown;
      if (isShown) this.redraw();
    }
  }

  ioc.surface = (map, name, zIndex, draw) => new Surface(map, name, zIndex, draw);
})();
