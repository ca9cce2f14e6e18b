/** The clinic assistant: the form everybody starts with, and the facts of its three tools. */
export const CLINIC: string = `# ProClaw policy of a clinic's assistant: three tools, each inside narrow bounds.
# Check after every change:  proclaw lint FILE

version: 1
name: clinic
# Windows are wall-clock time here. Write the clinic's own zone.
timezone: UTC

# \${name} in a rule is a variable that the host sets for each call, never the model.
variables:
  current_patient_id: { type: string }

tools:
  fetch_medical_records: { network: internal, timeout: 5s, subject: patient_id }
  search_drug_info: { network: internal, timeout: 5s }
  schedule_appointment:
    network: internal
    timeout: 5s
    # Arguments that need no constraint. An argument that no rule mentions is refused.
    harmless_args: [patient_id, doctor, start, reason]

rules:
  # Only the records of the patient whose visit this is.
  - name: Allowed Medical Record Access
    tool: fetch_medical_records
    constraints:
      patient_id: "\${current_patient_id}"
      network: internal

  # Letters, digits and spaces: no e-mail address and no punctuation leaves in a query.
  - name: Drug Database Search
    tool: search_drug_info
    constraints:
      query: "^[A-Za-z0-9 ]+$"

  # In office hours only: from 08:00 up to, but not including, 18:00.
  - name: Appointment Scheduler
    tool: schedule_appointment
    constraints:
      time_window: "08:00-18:00"

  - name: Block Unknown Tools
    default: true
    allow: false
`;
