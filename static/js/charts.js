// Draws every [data-chart="<id of its json_script>"] with ECharts, in the colours of the theme. Needs echarts.common.min.js.
const language = document.documentElement.lang || "en";

function style(name) {
  // Resolved through a real colour property: the variables hold light-dark() and color-mix().
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

function formatter(data) {
  if (data.unit === "percent") {
    const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
    return { full: (value) => percent.format(value), short: (value) => percent.format(value) };
  }
  if (data.unit !== "money") {
    const full = new Intl.NumberFormat(language);
    const short = new Intl.NumberFormat(language, { notation: "compact" });
    return { full: (value) => full.format(value), short: (value) => short.format(value) };
  }
  const money = { style: "currency", currency: data.currency };
  const full = new Intl.NumberFormat(language, money);
  const short = new Intl.NumberFormat(language, { ...money, notation: "compact", maximumFractionDigits: 1 });
  const minor = 10 ** full.resolvedOptions().maximumFractionDigits;
  return { full: (value) => full.format(value / minor), short: (value) => short.format(value / minor) };
}

function seriesOption(one, index, data) {
  const color = style(`--chart-${(index % 6) + 1}`);
  return {
    name: one.name,
    type: data.kind,
    data: one.values,
    stack: data.stacked ? "total" : undefined,
    cursor: one.links ? "pointer" : "default",
    itemStyle: { color, borderRadius: data.kind === "bar" && !data.stacked ? [3, 3, 0, 0] : 0 },
    lineStyle: { color, width: 2, type: one.dashed ? "dashed" : "solid" },
    symbol: "circle",
    symbolSize: 7,
    showSymbol: one.values.length <= 31,
    barMaxWidth: 28,
  };
}

function option(data) {
  const format = formatter(data);
  const quiet = style("--tblr-secondary");
  const line = style("--tblr-border-color");
  const text = { color: quiet, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 };
  return {
    animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 300,
    textStyle: text,
    grid: { left: 4, right: 8, top: data.series.length > 1 ? 40 : 16, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: { show: data.series.length > 1, top: 0, left: 0, icon: "roundRect", itemWidth: 10, itemHeight: 10, textStyle: text },
    // Rich text is drawn on the canvas: the HTML tooltip writes style attributes, which the CSP refuses.
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      valueFormatter: (value) => (value == null ? "–" : format.full(value)),
      backgroundColor: style("--tblr-bg-surface"),
      borderColor: line,
      textStyle: { ...text, color: style("--tblr-body-color") },
      axisPointer: { type: data.kind === "bar" ? "shadow" : "line", lineStyle: { color: line } },
      confine: true,
    },
    xAxis: { type: "category", data: data.categories, axisTick: { show: false }, axisLine: { lineStyle: { color: line } }, axisLabel: { ...text, hideOverlap: true } },
    yAxis: { type: "value", minInterval: data.unit ? undefined : 1, splitLine: { lineStyle: { color: line } }, axisLabel: { ...text, formatter: format.short } },
    series: data.series.map((one, index) => seriesOption(one, index, data)),
  };
}

const drawn = new Map();

function draw(element) {
  if (drawn.has(element)) return;
  const data = JSON.parse(document.getElementById(element.dataset.chart).textContent);
  const chart = echarts.init(element);
  chart.setOption(option(data));
  chart.on("click", (point) => {
    const link = data.series[point.seriesIndex].links?.[point.dataIndex];
    if (link) window.location.assign(link);
  });
  new ResizeObserver(() => chart.resize()).observe(element);
  drawn.set(element, { chart, data });
}

function drawAll(root) {
  for (const [element, { chart }] of drawn) {
    if (element.isConnected) continue;
    chart.dispose();
    drawn.delete(element);
  }
  root.querySelectorAll("[data-chart]").forEach(draw);
}

drawAll(document);
document.addEventListener("htmx:afterSettle", () => drawAll(document));
document.addEventListener("rapport:theme", () => {
  for (const { chart, data } of drawn.values()) chart.setOption(option(data), true);
});
