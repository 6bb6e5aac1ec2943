from customers.api.segments import SegmentViewSet
from customers.api.views import CustomerViewSet

__all__ = ["CustomerViewSet", "SegmentViewSet"]
