import type { JsonObject, ToolCatalogue } from "@proclaw/core";

/*
 * The clinic: a small embedded data set and the tools that act on it. The tools know nothing of
 * ProClaw. Each notes in `effects` that it really ran, which is how the demo shows that a refused
 * call had no effect.
 */

/** Stands in a record by mistake, as secrets do. It must never reach the trail. */
export const LEAKED_SECRET = ["ghp", "q7RtZ1mXw9Lk2VbN8cYd4HsJ6fGa3PeU0oTi"].join("_");

const PATIENTS: Readonly<Record<string, JsonObject>> = {
  "P-1001": {
    name: "Ada Example",
    age: 54,
    allergies: ["penicillin"],
    complaint: "chest tightness since this morning",
    note: `portal sync failed, retried with token ${LEAKED_SECRET}`,
  },
  "P-2002": { name: "Ben Sample", age: 37, allergies: [], complaint: "sprained ankle" },
};

const DRUGS: readonly JsonObject[] = [
  { name: "ibuprofen 400", group: "NSAID", warning: "not with anticoagulants" },
  { name: "amoxicillin 500", group: "penicillin", warning: "not with penicillin allergy" },
];

export interface Clinic {
  /** One line per tool that really ran. */
  readonly effects: string[];
  readonly tools: Readonly<Record<string, (args: JsonObject) => Promise<unknown>>>;
}

export function openClinic(): Clinic {
  const effects: string[] = [];
  const text = (object: JsonObject, name: string): string => {
    const value = object[name];
    return typeof value === "string" ? value : "";
  };
  return {
    effects,
    tools: {
      async fetch_medical_records(args) {
        effects.push(`fetch_medical_records ${text(args, "patient_id")}`);
        return PATIENTS[text(args, "patient_id")] ?? null;
      },
      async search_drug_info(args) {
        effects.push(`search_drug_info ${text(args, "query")}`);
        // The national register is down: it takes the call and never answers.
        if (text(args, "query") === "national register") await new Promise(() => {});
        return DRUGS.filter((drug) => text(drug, "name").includes(text(args, "query")));
      },
      async schedule_appointment(args) {
        effects.push(`schedule_appointment ${text(args, "patient_id")} ${text(args, "slot")}`);
        return { booked: true, slot: text(args, "slot") };
      },
      async export_patient_database() {
        effects.push("export_patient_database");
        return Object.values(PATIENTS);
      },
    },
  };
}

/** What the host knows of its tools and the policy's author need not: zones and time limits. */
export const CATALOGUE: ToolCatalogue = {
  fetch_medical_records: { network: "internal" },
  search_drug_info: { network: "internal", timeout: 400 },
  schedule_appointment: { network: "internal" },
};
