/** Numbers that one card network issues. */
export interface IssuerRange {
  readonly network: string;
  /** First and last value of the leading digits, both of the same count of digits. */
  readonly from: string;
  readonly to: string;
  /** Lengths of the whole number, in digits. */
  readonly lengths: readonly number[];
}

const UP_TO_19_FROM_13 = [13, 14, 15, 16, 17, 18, 19];
const UP_TO_19_FROM_14 = [14, 15, 16, 17, 18, 19];
const UP_TO_19_FROM_16 = [16, 17, 18, 19];

/*
 * Sources: ISO/IEC 7812-1 (structure: issuer identification number, account, Luhn digit in annex B)
 * and the issuer ranges that the networks state in their public material: Visa "Account Range"
 * (4; 13, 16 and 19 digits), Mastercard "2-Series BIN" (2221-2720) and 51-55, American Express (34,
 * 37), Discover Global Network IIN bulletin (Discover, Diners Club International, and the ranges it
 * carries for JCB and UnionPay), JCB (3528-3589), UnionPay International (62, 81), NPCI RuPay,
 * NSPK Mir (2200-2204), BKM Troy (9792), Dankort (5019), Elo, Verve, Mastercard Maestro rules.
 * Left out on purpose: UATP (leading 1, 15 digits), because no payment page takes it and it would
 * make one in ten identifiers of that shape a card. No range starts with 1, so that time stamps in
 * milliseconds, microseconds and nanoseconds are never cards.
 */
export const ISSUER_RANGES: readonly IssuerRange[] = [
  { network: "Visa", from: "4", to: "4", lengths: [13, 16, 19] },
  { network: "Mastercard", from: "51", to: "55", lengths: [16] },
  { network: "Mastercard", from: "2221", to: "2720", lengths: [16] },
  { network: "American Express", from: "34", to: "34", lengths: [15] },
  { network: "American Express", from: "37", to: "37", lengths: [15] },
  { network: "Discover", from: "6011", to: "6011", lengths: UP_TO_19_FROM_16 },
  { network: "Discover", from: "644", to: "659", lengths: UP_TO_19_FROM_16 },
  { network: "Diners Club", from: "300", to: "305", lengths: UP_TO_19_FROM_14 },
  { network: "Diners Club", from: "3095", to: "3095", lengths: UP_TO_19_FROM_14 },
  { network: "Diners Club", from: "36", to: "36", lengths: UP_TO_19_FROM_14 },
  { network: "Diners Club", from: "38", to: "39", lengths: UP_TO_19_FROM_14 },
  { network: "JCB", from: "3528", to: "3589", lengths: UP_TO_19_FROM_16 },
  { network: "UnionPay", from: "62", to: "62", lengths: UP_TO_19_FROM_16 },
  { network: "UnionPay", from: "8100", to: "8171", lengths: UP_TO_19_FROM_16 },
  { network: "Mir", from: "2200", to: "2204", lengths: UP_TO_19_FROM_16 },
  { network: "RuPay", from: "508", to: "508", lengths: [16] },
  { network: "RuPay", from: "60", to: "60", lengths: [16] },
  { network: "RuPay", from: "81", to: "82", lengths: [16] },
  { network: "Troy", from: "9792", to: "9792", lengths: [16] },
  { network: "Dankort", from: "5019", to: "5019", lengths: [16] },
  { network: "Elo", from: "506699", to: "506778", lengths: [16] },
  { network: "Elo", from: "509000", to: "509999", lengths: [16] },
  { network: "Elo", from: "636297", to: "636297", lengths: [16] },
  { network: "Elo", from: "636368", to: "636368", lengths: [16] },
  { network: "Verve", from: "506099", to: "506198", lengths: [16, 18, 19] },
  { network: "Verve", from: "507865", to: "507964", lengths: [16, 18, 19] },
  { network: "Maestro", from: "5018", to: "5018", lengths: UP_TO_19_FROM_13 },
  { network: "Maestro", from: "5020", to: "5020", lengths: UP_TO_19_FROM_13 },
  { network: "Maestro", from: "5038", to: "5038", lengths: UP_TO_19_FROM_13 },
  { network: "Maestro", from: "5893", to: "5893", lengths: UP_TO_19_FROM_13 },
  { network: "Maestro", from: "6304", to: "6304", lengths: UP_TO_19_FROM_13 },
  { network: "Maestro", from: "6759", to: "6759", lengths: UP_TO_19_FROM_13 },
  { network: "Maestro", from: "6761", to: "6763", lengths: UP_TO_19_FROM_13 },
];
