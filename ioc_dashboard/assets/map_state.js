// For tests: what the map shows, as structure.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});

  ioc.mapState = () => ({
    devices: ioc.points().n,
    silent: ioc.silentDevices(),
    marks: ioc.mapMarks(),
    rings: ioc.mapRings(),
    movers: ioc.mapMovers(),
    card: ioc.mapCard(),
    focus: ioc.mapFocus(),
    view: {
      isHome: ioc.isMapHome(),
      isMoving: ioc.isMapMoving(),
      zoom: ioc.map.getZoom(),
      centre: [ioc.map.getCenter().lat, ioc.map.getCenter().lng],
    },
    overlays: ioc.mapOverlays(),
    ground: ioc.mapGround(),
    painted: ioc.mapPainted(),
  });
})();
