"use strict";
(function () {
  var size = 25;
  function pager(box) {
    var rows = Array.prototype.slice.call(box.querySelectorAll("tbody tr"));
    var search = box.querySelector("input"), back = box.querySelector(".back"), next = box.querySelector(".next"), where = box.querySelector(".where");
    var texts = rows.map(function (row) { return row.textContent.toLowerCase(); });
    var page = 0, hits = [];
    function show() {
      var last = Math.max(0, Math.ceil(hits.length / size) - 1);
      page = Math.min(Math.max(page, 0), last);
      rows.forEach(function (row) { row.hidden = true; });
      hits.slice(page * size, page * size + size).forEach(function (i) { rows[i].hidden = false; });
      where.textContent = hits.length === 0 ? "nothing found" : (page * size + 1) + "–" + Math.min(hits.length, page * size + size) + " of " + hits.length;
      back.disabled = page === 0;
      next.disabled = page === last;
    }
    function find() {
      var wanted = search.value.toLowerCase().trim();
      hits = [];
      texts.forEach(function (text, i) { if (text.indexOf(wanted) >= 0) { hits.push(i); } });
      page = 0;
      show();
    }
    search.addEventListener("input", find);
    back.addEventListener("click", function () { page--; show(); });
    next.addEventListener("click", function () { page++; show(); });
    find();
  }
  function start() { Array.prototype.forEach.call(document.querySelectorAll(".pager"), pager); }
  start();
  // What is closed on the screen is open on paper.
  var closed = [];
  addEventListener("beforeprint", function () {
    closed = Array.prototype.filter.call(document.querySelectorAll("details"), function (d) { return !d.open; });
    closed.forEach(function (d) { d.open = true; });
  });
  addEventListener("afterprint", function () { closed.forEach(function (d) { d.open = false; }); });

  // place names an element so that its successor in a fresh page is found.
  function place(element) {
    var steps = [];
    for (var e = element; e && e.tagName !== "MAIN" && e.parentElement; e = e.parentElement) {
      if (e.id) { steps.unshift("#" + e.id); break; }
      if (e.dataset.key) { steps.unshift('[data-key="' + e.dataset.key + '"]'); break; }
      steps.unshift(e.tagName.toLowerCase() + ":nth-child(" + (Array.prototype.indexOf.call(e.parentElement.children, e) + 1) + ")");
    }
    return steps.join(" > ");
  }
  function renew(html) {
    var fresh = new DOMParser().parseFromString(html, "text/html"), main = document.querySelector("main");
    var focused = document.activeElement;
    if (focused && focused.tagName === "INPUT") { return; }
    var opened = {};
    Array.prototype.forEach.call(main.querySelectorAll("details"), function (d) { opened[d.dataset.key] = d.open; });
    var back = main.contains(focused) ? place(focused) : "";
    var next = fresh.querySelector("main");
    Array.prototype.forEach.call(next.querySelectorAll("details"), function (d) {
      if (d.dataset.key in opened) { d.open = opened[d.dataset.key]; }
    });
    main.replaceWith(next);
    start();
    if (back) {
      var again = document.querySelector("main " + back);
      if (again) { again.focus({ preventScroll: true }); }
    }
  }
  if (document.body.dataset.live === "yes") {
    setInterval(function () {
      fetch(location.href, { cache: "no-store" }).then(function (answer) { return answer.text(); }).then(renew)
        .catch(function () { /* the run has ended, the last picture stays */ });
    }, 2000);
  }
})();
