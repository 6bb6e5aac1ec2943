// Proposes the visitor's own time zone in [data-time-zone], where the list has it. Without scripts one chooses it.
const field = document.querySelector("[data-time-zone]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if ([...field.options].some((option) => option.value === own)) field.value = own;
