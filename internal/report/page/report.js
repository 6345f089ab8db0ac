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
  if (document.body.dataset.live === "yes") {
    setInterval(function () {
      fetch(location.href, { cache: "no-store" }).then(function (answer) { return answer.text(); }).then(function (html) {
        var fresh = new DOMParser().parseFromString(html, "text/html");
        var typing = document.activeElement && document.activeElement.tagName === "INPUT";
        if (typing) { return; }
        document.querySelector("main").replaceWith(fresh.querySelector("main"));
        start();
      }).catch(function () { /* the run has ended, the last picture stays */ });
    }, 2000);
  }
})();
