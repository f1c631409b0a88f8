namespace Intotes.Chat.Features.Messages;

/// <summary>
/// The event streams of this node, for each session and side. Where a side opens one too many its oldest is cut: an EventSource comes again by itself, which it would
/// not after a refusal, and a stream that its client has lost keeps nobody out.
/// </summary>
public sealed class OpenStreams
{
    /// <summary>Of one side of a session. A browser opens six at most over HTTP/1.1.</summary>
    public const int Most = 10;

    private readonly Dictionary<(string SessionId, bool IsOperator), LinkedList<Place>> sides = [];

    /// <summary>Enters a stream, which leaves when what is returned is disposed of.</summary>
    /// <param name="sessionId">The session whose messages it tells.</param>
    /// <param name="isOperator">To an operator.</param>
    /// <param name="cut">Ends it; not called once it has left.</param>
    public IDisposable Enter(string sessionId, bool isOperator, Action cut)
    {
        var (place, oldest) = (new Place(this, (sessionId, isOperator), cut), default(Place));
        lock (sides)
        {
            if (!sides.TryGetValue(place.Side, out var streams))
            {
                sides[place.Side] = streams = [];
            }

            streams.AddLast(place.Node);
            if (streams.Count > Most)
            {
                oldest = streams.First!.Value;
                streams.RemoveFirst();
            }
        }

        oldest?.Cut();
        return place;
    }

    private sealed class Place : IDisposable
    {
        private readonly OpenStreams all;
        private readonly Action cut;
        private readonly Lock gate = new();
        private bool hasLeft;

        public Place(OpenStreams all, (string, bool) side, Action cut)
        {
            (this.all, Side, this.cut) = (all, side, cut);
            Node = new(this);
        }

        public (string SessionId, bool IsOperator) Side { get; }

        public LinkedListNode<Place> Node { get; }

        /// <summary>Not while it leaves: its connection may serve another request after that.</summary>
        public void Cut()
        {
            lock (gate)
            {
                if (!hasLeft)
                {
                    cut();
                }
            }
        }

        public void Dispose()
        {
            lock (gate)
            {
                hasLeft = true;
            }

            lock (all.sides)
            {
                if (Node.List is { } streams)
                {
                    streams.Remove(Node);
                    if (streams.Count == 0)
                    {
                        all.sides.Remove(Side);
                    }
                }
            }
        }
    }
}
