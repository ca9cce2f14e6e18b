export { default } from "@proclaw-private/test-postgres/global-setup";
