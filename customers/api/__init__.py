from customers.api.views import CustomerViewSet

__all__ = ["CustomerViewSet"]
