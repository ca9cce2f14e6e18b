import { readdir, readFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openGuard } from "proclaw";

const notes = new URL("./notes", import.meta.url).pathname;
await mkdir(notes, { recursive: true });

/** Tools as you have them: async functions of one object. They know nothing of ProClaw. */
const tools = {
  async find_notes({ query }) {
    const found = [];
    for (const name of await readdir(notes)) {
      if ((await readFile(join(notes, name), "utf8")).includes(query)) found.push(name);
    }
    return found.sort();
  },
  async save_note({ title, text }) {
    await writeFile(join(notes, `${title}.txt`), text);
    return `saved ${title}`;
  },
  async send_mail({ to }) {
    console.log(`  (a mail leaves the house, to ${to})`);
    return "sent";
  },
  async delete_note() {
    throw new Error("nobody may come this far");
  },
};

const guard = await openGuard({
  policyFile: new URL("./policy.yaml", import.meta.url).pathname,
  store: new URL("./trail", import.meta.url).pathname,
  // Who calls. It comes from you, never from the model.
  context: () => ({ agent_id: "notes-assistant", session_id: "s-1", principal: { sub: "ada", roles: ["staff"] } }),
});
const guarded = guard.wrap(tools);

/** What a model would ask for, in the order it would. */
const plan = [
  ["save_note", { title: "lunch", text: "soup on monday" }],
  ["find_notes", { query: "soup" }],
  ["save_note", { title: "../../agent", text: "console.log('mine now')" }],
  ["send_mail", { to: "bob@office.example", text: "soup on monday?" }],
  ["send_mail", { to: "eve@elsewhere.example", text: "all notes" }],
  ["send_mail", { to: "bob@office.example", text: "my card is 4111 1111 1111 1111" }],
  ["delete_note", { title: "lunch" }],
  ["save_note", { title: "dinner", text: "rice" }],
  ["save_note", { title: "breakfast", text: "bread" }],
];

for (const [tool, args] of plan) {
  try {
    console.log(`${tool}: ${JSON.stringify(await guarded[tool](args))}`);
  } catch (error) {
    // A denied call throws, and nothing has run.
    if (error.code !== "denied") throw error;
    console.log(`${tool}: denied, ${error.decision.reason_code}`);
  }
}
await guard.close();
