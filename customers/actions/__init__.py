from customers.actions.archiving import archive_customer, restore_customer
from customers.actions.profiles import CustomerFields, add_customer, edit_customer

__all__ = ["CustomerFields", "add_customer", "archive_customer", "edit_customer", "restore_customer"]
