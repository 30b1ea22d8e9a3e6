(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  ioc.groundPainters = () => [];
})();
