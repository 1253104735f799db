// Builds the page into a folder, by default ../dist. The same sources give the
// same bytes: nothing of the machine or the time goes in.
import { build } from "esbuild";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";

const out = process.argv[2] ?? "../dist";
await mkdir(out, { recursive: true });

const shared = { bundle: true, minify: true, legalComments: "none", charset: "utf8", target: "es2022", logLevel: "warning" };
await build({ ...shared, entryPoints: ["src/main.ts"], format: "esm", outfile: `${out}/app.js` });
await build({ ...shared, entryPoints: ["styles/app.css"], target: ["chrome120", "firefox121", "safari17"], outfile: `${out}/app.css` });
for (const file of ["index.html", "icon.svg"]) await copyFile(file, `${out}/${file}`);
await writeFile(`${out}/NOTICES.txt`, await notices());

/** Notices and licences of what is inside app.js. */
async function notices() {
  const version = async (name) => JSON.parse(await readFile(`node_modules/${name}/package.json`, "utf8")).version;
  const apache = await readFile("node_modules/lightweight-charts/LICENSE", "utf8");
  return (await readFile("notices.txt", "utf8"))
    .replace("{lightweight-charts}", await version("lightweight-charts"))
    .replace("{fancy-canvas}", await version("fancy-canvas"))
    .replace("{apache}", () => apache);
}
