package webtest

// CandlesDrawn is true when candles of both colours are on the canvas, not only in memory.
const CandlesDrawn = `(() => {
	const probe = document.createElement("canvas").getContext("2d");
	const colour = (name) => { probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name); probe.fillRect(0, 0, 1, 1); return probe.getImageData(0, 0, 1, 1).data.slice(0, 3).join() };
	const want = [colour("--up"), colour("--down")], seen = new Set();
	for (const canvas of document.querySelectorAll("#chart canvas")) {
		if (!canvas.width) continue;
		const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
		for (let i = 0; i < data.length; i += 4) seen.add(data[i] + "," + data[i + 1] + "," + data[i + 2]);
	}
	return want.every((c) => seen.has(c));
})()`
