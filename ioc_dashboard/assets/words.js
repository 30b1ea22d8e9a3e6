// Every word the page says, Chinese first, English beside it; and the switch between them.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});

  const WORDS = {
    centre: ["城市智能运营中心", "Intelligent Operations Centre"],
    subtitle: ["城市运行态势", "City status"],
    open_alerts: ["未恢复告警", "Open alerts"],
    open_count: ["共 {n} 条", "{n} in all"],
    count_hidden: ["另 {n} 条抑制或搁置", "+{n} not shown"],
    oldest_unacknowledged: ["最早未确认", "Oldest unacknowledged"],
    none_waiting: ["无", "none"],
    water: ["水务", "Water"],
    air: ["大气", "Air"],
    traffic: ["交通", "Traffic"],
    camera: ["视频", "Cameras"],
    alert_list: ["告警列表", "Alerts"],
    alert_order: ["按级别、时长排序", "by priority, then age"],
    alerts_none: ["当前无告警", "No open alerts"],
    alerts_more: ["还有 {n} 条", "{n} more"],
    alerts_doubt: ["告警库中断，列表可能不全", "Alert store lost: list may be incomplete"],
    drill: ["演练", "DRILL"],
    drill_only: ["演练，不派发", "Drill, not dispatched"],
    drill_count: ["演练中 {n} 条", "Drill: {n}"],
    acknowledged: ["已确认", "Acked"],
    unacknowledged: ["未确认", "Unacked"],
    flapping: ["抖动", "Flapping"],
    cleared: ["已恢复", "Cleared"],
    now: ["现", "Now"],
    limit: ["限值", "Limit"],
    trend_water: ["最高水位距警戒", "Highest level against warning"],
    trend_air: ["PM2.5 浓度", "PM2.5"],
    trend_traffic: ["路网平均车速", "Mean road speed"],
    trend_camera: ["视频识别最高置信度", "Highest camera confidence"],
    warning_line: ["警戒", "warning"],
    level_margin: ["最高水位距警戒", "Highest level against warning"],
    level_at: ["水位", "level"],
    rain_1h: ["最大 1 小时雨量", "Most rain in 1 h"],
    pm25_median: ["PM2.5 中位数", "Median PM2.5"],
    pm25_highest: ["最高", "Highest"],
    speed_mean: ["平均车速", "Mean speed"],
    congested: ["拥堵路段", "Congested"],
    ponding: ["积水识别", "Ponding seen"],
    obstruction: ["占道识别", "Obstructions seen"],
    spots: ["处", "spots"],
    spot: ["处", "spot"],
    devices: ["设备在线", "Devices online"],
    rate: ["{n} 条/秒", "{n} readings/s"],
    ago: ["{n} 前", "{n} ago"],
    never: ["无数据", "no data"],
    fresh: ["实时", "live"],
    late: ["延迟", "late"],
    silent: ["中断", "silent"],
    second: ["{n} 秒", "{n} s"],
    days: ["{n} 天 {h} 时", "{n} d {h} h"],
    link_screen: ["大屏连接", "Screen"],
    link_log: ["感知数据", "Data"],
    link_database: ["告警库", "Alert store"],
    link_ok: ["正常", "OK"],
    link_down: ["中断", "down"],
    lagging: ["数据延迟 {n} 秒", "Data {n} s late"],
    lost_log: [
      "感知数据中断 {n}，画面为 {t} 的状态",
      "No data for {n}; this is the state of {t}",
    ],
    lost_screen: [
      "与服务器失去连接 {n}，画面为 {t} 的状态，正在重连",
      "Connection lost for {n}; this is the state of {t}; reconnecting",
    ],
    connecting: ["正在连接…", "Connecting…"],
    legend_normal: ["正常", "Normal"],
    legend_silent: ["无数据", "No data"],
    towns_schematic: ["镇街位置、水系与道路为示意", "Town, river and road positions are schematic"],
    datum: ["坐标系 {d}", "Datum {d}"],
    approval: ["审图号 {a}", "Map approval {a}"],
  };

  const SPEAKS = { zh: 0, en: 1 };
  const asked = new URLSearchParams(location.search).get("lang");
  ioc.language = asked in SPEAKS ? asked : "zh";

  // A pair [Chinese, English] in the language of the page.
  ioc.pick = (pair) => (pair ? pair[SPEAKS[ioc.language]] : "");

  ioc.say = (name, values) =>
    ioc
      .pick(WORDS[name])
      .replace(/\{(\w)\}/g, (_, key) => (values && key in values ? values[key] : ""));

  ioc.applyLanguage = function () {
    document.documentElement.lang = ioc.language === "zh" ? "zh-CN" : "en";
    for (const element of document.querySelectorAll("[data-word]"))
      element.textContent = ioc.say(element.dataset.word);
  };

  ioc.switchLanguage = function () {
    ioc.language = ioc.language === "zh" ? "en" : "zh";
    const address = new URL(location.href);
    address.searchParams.set("lang", ioc.language);
    history.replaceState(null, "", address);
    ioc.applyLanguage();
    ioc.emit("language");
  };
})();
